namespace Hil.Kernel;

/// <summary>Everything ntoskrnl.exe exports. The parts stand in the folder of their prefix, in a file named for
/// their object.</summary>
public static unsafe partial class Ntoskrnl;
