using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Machine.Buses;
using Hil.Machine.Pci;
using Hil.Machine.Qemu;

namespace Hil.Cli.Bench;

/// <summary>What `hil bench` measures. Every figure is held against a peer that was measured in the same run.</summary>
internal sealed class BenchSuite(string eduImage, Func<ManagedDriver> eduDriver, Func<BenchFigure> measureStart)
{
    private const int EduDevice = 0x11E8;
    private const uint EduSlot = 5;

    // A write there does nothing when nothing is raised.
    private const ulong EduAcknowledge = 0x64;

    /// <summary>All figures, each as soon as it is known.</summary>
    public IEnumerable<BenchFigure> Run()
    {
        yield return measureStart();
        double plainRead, plainWrite;
        using (QemuProcess qemu = StartQtest(plain: true))
            (plainRead, plainWrite) = MeasurePlain(qemu);
        using (QemuProcess qemu = StartQtest(plain: false))
            yield return PostedWrites(qemu, plainWrite);

        double native;
        using (DriverSession session = Start(eduImage, null))
        {
            foreach (BenchFigure figure in Idle.Measure(session))
                yield return figure;
            var irps = new EduIrps(session);
            (double pingPong, double read, double call, native) = RoundTrips(session, irps);
            yield return BenchFigure.AtLeast(
                "register reads, monitor bus", 1e9 / read, "/s", "plain qtest client", plainRead / read, 30);
            yield return BenchFigure.AtMost("one register read", read, "ns", "ping-pong", read / pingPong, 8);
            yield return BenchFigure.AtMost(
                "kernel call from driver code", call, "ns", "ping-pong", call / pingPong, 6);
            long readBytes = AllocatedByReads(session);
            yield return BenchFigure.AtMost(
                "allocation, 10,000 register reads", readBytes, "bytes", "nothing", readBytes, 0);
            yield return BenchFigure.AtMost("IRP through edu.sys", native, "ns", "kernel call", native / call, 25);
            long bytes = irps.AllocatedBytes();
            yield return BenchFigure.AtMost("allocation, 10,000 IRPs", bytes, "bytes", "nothing", bytes, 0);
        }
        using (DriverSession session = Start(null, eduDriver))
        {
            double managed = new EduIrps(session).Nanoseconds();
            yield return BenchFigure.AtMost(
                "IRP through EduDriver (C#)", managed, "ns", "edu.sys", managed / native, 1);
        }
    }

    private static DriverSession Start(string? image, Func<ManagedDriver>? driver)
    {
        var options = new DriverSessionOptions
        {
            ImagePath = image,
            ManagedDriver = driver,
            Interrupts = InterruptPreference.Message,
            Machine = new MachineOptions { Devices = ["edu"] },
        };
        return DriverSession.StartAsync(options).GetAwaiter().GetResult();
    }

    // How fast two cores reach each other depends on where the system puts the threads, so all in turns.
    private static (double PingPong, double Read, double Call, double Irp) RoundTrips(
        DriverSession session, EduIrps irps)
    {
        GuestLoop? calls = null;
        session.Kernel.Scheduler.Run(() => calls = new GuestLoop(session.Kernel, session.Machine.Cpu));
        double[] nanoseconds = Rate.Interleaved(
            PingPong.Run,
            count => session.Kernel.Scheduler.Run(() => Read(session, count)),
            count => session.Kernel.Scheduler.Run(() => calls!.Run(count)),
            irps.Run);
        return (nanoseconds[0], nanoseconds[1], nanoseconds[2], nanoseconds[3]);
    }

    private static long AllocatedByReads(DriverSession session)
    {
        long bytes = 0;
        session.Kernel.Scheduler.Run(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Read(session, 10_000);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        return bytes;
    }

    private static void Read(DriverSession session, int count)
    {
        IBus bus = session.Machine.Bus;
        ulong address = session.Machine.Pci.Functions.First(IsEdu).Bars[0].Address;
        for (int i = 0; i < count; i++)
            bus.ReadMemory(address, 4);
    }

    private static bool IsEdu(PciFunction function) => function.DeviceId == EduDevice;

    private static (double Read, double Write) MeasurePlain(QemuProcess qemu)
    {
        PlainQtestClient client = qemu.PlainQtest;
        ulong registers = PlaceEdu(client);
        double read = Rate.Nanoseconds(count =>
        {
            for (int i = 0; i < count; i++)
                client.ReadMemory32(registers);
        });
        double write = Rate.Nanoseconds(count =>
        {
            for (int i = 0; i < count; i++)
                client.WriteMemory32(registers + EduAcknowledge, 1);
        });
        return (read, write);
    }

    // What an enumerator does, for the one device in slot 5, through configuration ports.
    private static ulong PlaceEdu(PlainQtestClient client)
    {
        const uint Base = 0xFEA0_0000;
        const uint EduConfig = 0x8000_0000 | (EduSlot << 11);
        void WriteConfig(uint register, uint value)
        {
            client.WritePort32(0xCF8, EduConfig | register);
            client.WritePort32(0xCFC, value);
        }
        WriteConfig(0x10, Base);
        WriteConfig(0x04, 2); // memory decode
        return Base;
    }

    private static BenchFigure PostedWrites(QemuProcess qemu, double plainWrite)
    {
        var bus = new QtestBus(qemu.Qtest);
        PciFunction edu = PciEnumerator.Enumerate(bus).Functions.First(IsEdu);
        ulong register = edu.Bars[0].Address + EduAcknowledge;
        double post = Rate.Nanoseconds(count =>
        {
            for (int i = 0; i < count; i++)
                bus.PostMemory(register, 4, 1);
            bus.Flush();
        });
        return BenchFigure.AtLeast(
            "posted register writes, qtest bus", 1e9 / post, "/s", "plain qtest client", plainWrite / post, 5);
    }

    // Without the host's page tables the monitor's image stops at its first instructions: a halted
    // processor is what is wanted.
    private static QemuProcess StartQtest(bool plain) => QemuProcess.StartAsync(new QemuOptions
    {
        FirmwarePath = MonitorRom.Path,
        Devices = [$"edu,addr={EduSlot}"],
        MemoryBytes = 64UL << 20,
        PlainQtest = plain,
    }).GetAwaiter().GetResult();
}
