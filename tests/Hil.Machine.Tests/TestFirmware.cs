namespace Hil.Machine.Tests;

/// <summary>A firmware image that does next to nothing: the processor runs a few given bytes at the reset vector, or
/// halts.</summary>
internal sealed class TestFirmware : IDisposable
{
    private const int ImageBytes = 64 * 1024;
    private const int ResetVector = ImageBytes - 16;
    private const byte Hlt = 0xF4;

    private readonly string _directory = Directory.CreateTempSubdirectory("hil-firmware-").FullName;

    /// <param name="code">Real-mode code that is run from the start of the image; must not fall off its end.</param>
    public TestFirmware(params ReadOnlySpan<byte> code)
    {
        var image = new byte[ImageBytes];
        Array.Fill(image, Hlt);
        code.CopyTo(image);
        // jmp near to offset 0 of the segment, which ends where the image does.
        ReadOnlySpan<byte> jump = [0xE9, 0x0D, 0x00];
        jump.CopyTo(image.AsSpan(ResetVector));
        File.WriteAllBytes(Path, image);
    }

    public string Path => System.IO.Path.Combine(_directory, "test.rom");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
