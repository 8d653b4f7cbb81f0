using Hil.Host;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Cli.Bench;

/// <summary>Reads of edu's identification register, by managed driver code and by machine code.</summary>
internal sealed unsafe class RegisterReads
{
    private const int EduDevice = 0x11E8;
    private const nuint Bytes = 4096;

    private readonly DriverSession _session;
    private readonly uint* _register;
    private readonly GuestReadLoop _loop;

    public RegisterReads(DriverSession session)
    {
        _session = session;
        ulong address = session.Machine.Pci.Functions.First(static function => function.DeviceId == EduDevice)
            .Bars[0].Address;
        uint* register = null;
        GuestReadLoop? loop = null;
        session.Kernel.Scheduler.Run(() =>
        {
            register = (uint*)Ntoskrnl.MmMapIoSpace(
                new PHYSICAL_ADDRESS(address), Bytes, MEMORY_CACHING_TYPE.MmNonCached);
            loop = new GuestReadLoop(session.Kernel, session.Machine.Cpu);
        });
        _register = register;
        _loop = loop!;
    }

    /// <summary>As a managed driver reads.</summary>
    public void Managed(int count) => _session.Kernel.Scheduler.Run(() =>
    {
        for (int i = 0; i < count; i++)
            DeviceAccess.READ_REGISTER_ULONG(_register);
    });

    /// <summary>As compiled driver code does.</summary>
    public void Native(int count) =>
        _session.Kernel.Scheduler.Run(() => _loop.Run(count, (ulong)_register));
}
