global using Hil.Kernel.Platform;
global using Hil.Wdm;
global using static Hil.Kernel.Hal;
global using static Hil.Kernel.Ntoskrnl;
global using static Hil.Wdm.NtStatus;
global using static Hil.Wdm.WdmConstants;
global using static Hil.Wdm.WdmInlines;
