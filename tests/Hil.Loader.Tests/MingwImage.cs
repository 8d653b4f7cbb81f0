using System.Diagnostics;

namespace Hil.Loader.Tests;

/// <summary>Drivers compiled for the tests by mingw, once a run. The compiler is a requirement: without it the tests
/// fail.</summary>
internal static class MingwImage
{
    private const string Source = """
        #include <ddk/wdm.h>
        static int counter = 5;
        int *pointer = &counter;
        int zero[100];
        __attribute__((section("PAGE"))) void Unload(PDRIVER_OBJECT driver)
        {
            (void)driver;
            DbgPrint("bye %d\n", *pointer);
        }
        __attribute__((noinline)) static int helper(int n) { return n * zero[n & 7]; }
        NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
        {
            char big[9000];
            driver->DriverUnload = Unload;
            memset(big, path->Length, sizeof big);
            DbgPrint("hi %s %d", big, helper(path->Length));
            KeStallExecutionProcessor(1);
            return STATUS_SUCCESS;
        }
        """;

    private static readonly Lazy<byte[]> s_exe = new(() => Compile(""));
    private static readonly Lazy<byte[]> s_dll = new(() => Compile("-shared"));
    private static readonly Lazy<byte[]> s_stripped = new(() => Compile("-s"));

    public static byte[] Exe => [.. s_exe.Value];

    public static byte[] Dll => [.. s_dll.Value];

    public static byte[] Stripped => [.. s_stripped.Value];

    private static byte[] Compile(string option)
    {
        string folder = Directory.CreateTempSubdirectory("hil-loader-").FullName;
        try
        {
            string source = Path.Combine(folder, "driver.c");
            string output = Path.Combine(folder, "driver.sys");
            File.WriteAllText(source, Source);
            Run("x86_64-w64-mingw32-gcc", $"-O1 -nostdlib {option} -Wl,--subsystem,native -Wl,--entry,DriverEntry " +
                $"-o {output} {source} -lntoskrnl -lhal -lgcc");
            return File.ReadAllBytes(output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, string arguments)
    {
        try
        {
            using Process process =
                Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException($"{program} is missing: apt-get install gcc-mingw-w64-x86-64", e);
        }
    }
}
