global using static Hil.Wdm.NtStatus;
global using static Hil.Wdm.WdmConstants;
global using static Hil.Wdm.WdmInlines;
