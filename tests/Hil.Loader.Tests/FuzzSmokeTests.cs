using System.Diagnostics;
using Hil.Kernel;

namespace Hil.Loader.Tests;

public sealed class FuzzSmokeTests
{
    private const int VariantsPerImage = 4_000;

    /// <summary>Far above what 4,000 parses of a 10 KB file cost; a variant that loops or allocates wildly goes over
    /// it.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("msvc", 1)]
    [InlineData("bare", 2)]
    [InlineData("mingw", 3)]
    [InlineData("dll", 4)]
    [InlineData("library", 5)]
    public void DamagedImagesAreAcceptedOrRefusedButNothingElse(string image, int seed)
    {
        var random = new Random(seed);
        byte[] sound = Images.Named(image);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        for (int i = 0; i < VariantsPerImage; i++)
        {
            byte[] variant = Damage(random, sound);
            if (!TryUse(variant, image, seed, i))
                refused++;
            Assert.True(clock.Elapsed < s_limit, $"{image}, seed {seed}: only {i} variants in {s_limit}");
        }
        Assert.InRange(refused, VariantsPerImage / 20, VariantsPerImage - 1);
    }

    // Half of the damage goes to the headers, where it changes most.
    private static byte[] Damage(Random random, byte[] sound)
    {
        byte[] variant = random.Next(8) == 0 ? sound[..random.Next(sound.Length)] : [.. sound];
        for (int flips = random.Next(1, 6); flips > 0 && variant.Length != 0; flips--)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(variant.Length, 0x400) : variant.Length);
            variant[at] = random.Next(3) switch
            {
                0 => (byte)(variant[at] ^ 1 << random.Next(8)),
                1 => (byte)random.Next(256),
                _ => (byte)(random.Next(2) == 0 ? 0x00 : 0xFF),
            };
        }
        return variant;
    }

    private static bool TryUse(byte[] variant, string image, int seed, int number)
    {
        try
        {
            DriverImage driver = DriverImage.Parse(variant, "fuzz.sys");
            UseEverything(driver);
            return true;
        }
        catch (BadDriverImageException)
        {
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{image}, seed {seed}, variant {number}: {e.Message}", e);
        }
    }

    private static void UseEverything(DriverImage driver)
    {
        driver.WriteRelocated(new byte[driver.SizeOfImage], 0x1000_0000_0000);
        foreach (RuntimeFunction function in driver.Functions.Functions)
            UnwindDecoder.TryDecode(driver.Functions, function, out _);
        for (uint rva = 0; rva < driver.SizeOfImage; rva += 0x55)
            driver.Symbols.TryFind(rva, out _);
    }
}
