global using Hil.Kernel;
global using Hil.Kernel.Platform;
global using Hil.Wdm;
