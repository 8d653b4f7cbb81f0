global using static Hil.Wdm.WdmConstants;
