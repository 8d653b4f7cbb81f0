namespace Hil.Kernel.Tests;

/// <summary>A register file on the test bus.</summary>
public interface ITestDevice
{
    ulong Read(ulong offset, int width);

    void Write(ulong offset, int width, ulong value);
}
