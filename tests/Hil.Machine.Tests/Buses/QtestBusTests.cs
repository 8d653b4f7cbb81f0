using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Buses;

/// <summary>The bus contract over a qtest socket, with a processor that only halts.</summary>
public sealed class QtestBusTests : BusContract
{
    protected override async Task<IBusRig> StartAsync(string[] devices, string[] extraArguments) =>
        new Rig(await QtestRig.StartAsync(devices, extraArguments));

    // Intercepted lines are reported between answers, in order with them: nothing has to be waited for.
    private sealed class Rig : IBusRig
    {
        private const int PageOffset = 1 << 20;

        private readonly QtestRig _machine;
        private uint _line;
        private int _raised;

        public Rig(QtestRig machine)
        {
            _machine = machine;
            Pci = PciEnumerator.Enumerate(Bus);
        }

        public IBus Bus => _machine.Bus;

        public PciTopology Pci { get; }

        public ulong PagePhysical => PageOffset;

        public Span<byte> Page => _machine.Memory.Bytes.Slice(PageOffset, 4096);

        public bool HasInterrupt => _raised != 0;

        public void Listen(uint line)
        {
            _line = line;
            _machine.Qemu.Qtest.LineChanged = OnLineChanged;
            _machine.Qemu.Qtest.InterceptInterrupts("ioapic");
        }

        public bool TakeInterrupt()
        {
            if (_raised == 0)
                return false;
            _raised--;
            return true;
        }

        public void EndInterrupt()
        {
        }

        public void Dispose() => _machine.Dispose();

        private void OnLineChanged(int line, bool isRaised)
        {
            if (isRaised && line == _line)
                _raised++;
        }
    }
}
