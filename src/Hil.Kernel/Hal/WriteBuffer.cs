namespace Hil.Kernel;

public static partial class Hal
{
    /// <summary>Lets stores of the processor arrive before anything that follows. They have when this is called: an
    /// export is called only after everything before it.</summary>
    /// <remarks>WDK: KeFlushWriteBuffer.</remarks>
    [Export]
    public static void KeFlushWriteBuffer()
    {
    }
}
