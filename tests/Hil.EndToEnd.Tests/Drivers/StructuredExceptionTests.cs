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
        DriverImage image = DriverImage.ReadFile(TestDrivers.Image("seh"));
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
}
