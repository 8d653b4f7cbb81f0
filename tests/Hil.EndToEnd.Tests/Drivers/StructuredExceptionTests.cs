using System.Diagnostics;
using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

public sealed class StructuredExceptionTests : IKernelObserver
{
    private readonly List<string> _lines = [];

    /// <summary>tests/drivers/seh.c checks itself: filters, cleanup, registers after an unwind, exceptions of
    /// exports.</summary>
    [Fact]
    public async Task DriverCodeHandlesItsOwnExceptions()
    {
        DriverImage image = Build("seh");
        using EmulatedMachine machine = await EmulatedMachine.StartAsync(new MachineOptions());
        using var kernel = new NtKernel(machine.CreateServices(this));
        NtKernel.Enter(null);
        NTSTATUS status = NtStatus.STATUS_UNSUCCESSFUL;

        kernel.Scheduler.Run(() => status = new DriverLoader(kernel).Load(image).Initialize());

        Assert.True(status == NtStatus.STATUS_SUCCESS, $"{status}\n{string.Join('\n', _lines)}");
    }

    void IKernelObserver.OnEvent(in KernelEvent kernelEvent)
    {
        if (kernelEvent.Text != null)
            _lines.Add(kernelEvent.Text);
    }

    private static DriverImage Build(string name)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Hil.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Hil.sln above the tests");
        string output = Path.Combine(AppContext.BaseDirectory, "drivers");
        using Process build = Process.Start(
            new ProcessStartInfo(Path.Combine(root, "tests/drivers/build.sh"), [output, name])
            {
                RedirectStandardError = true,
            })!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        Assert.True(build.ExitCode == 0, errors);
        return DriverImage.ReadFile(Path.Combine(output, name + ".sys"));
    }
}
