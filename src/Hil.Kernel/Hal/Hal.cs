namespace Hil.Kernel;

/// <summary>Everything hal.dll exports.</summary>
public static unsafe partial class Hal;
