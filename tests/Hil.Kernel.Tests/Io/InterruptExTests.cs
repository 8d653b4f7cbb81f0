using Hil.Kernel.Tests.Pnp;

namespace Hil.Kernel.Tests.Io;

public sealed unsafe class InterruptExTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly Pnp.TestDriver _driver;
    private readonly IO_CONNECT_INTERRUPT_PARAMETERS* _parameters;
    private readonly void** _result;
    private readonly List<string> _log = [];

    public InterruptExTests()
    {
        _driver = new Pnp.TestDriver(_machine);
        _parameters = _machine.New<IO_CONNECT_INTERRUPT_PARAMETERS>();
        _result = (void**)_machine.New<nint>();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void LineBasedFindsTheLineOfTheDevice()
    {
        Start(TestFunction.Plain(_machine), InterruptPreference.Registry);
        _machine.Run(() =>
        {
            AskForLine();
            Assert.Equal(STATUS_SUCCESS, IoConnectInterruptEx(_parameters));

            Raise(TestFunction.Line);

            Assert.Equal(["line"], _log);
            Assert.False(_machine.Interrupts.IsMasked(TestFunction.Line));
            Disconnect(CONNECT_LINE_BASED);
            Assert.True(_machine.Interrupts.IsMasked(TestFunction.Line));
        });
    }

    [Fact]
    public void LineBasedIsNotFoundForADeviceWithMessages()
    {
        Start(TestFunction.WithMsi(_machine), InterruptPreference.Message);
        _machine.Run(() =>
        {
            AskForLine();

            Assert.Equal(STATUS_NOT_FOUND, IoConnectInterruptEx(_parameters));
        });
    }

    [Fact]
    public void MessageBasedConnectsEveryMessageAndTellsWhichOneCame()
    {
        Start(TestFunction.WithMsi(_machine, messagesLog2: 2), InterruptPreference.Message);
        _machine.Run(() =>
        {
            AskForMessages(fallBack: false);
            Assert.Equal(STATUS_SUCCESS, IoConnectInterruptEx(_parameters));
            Assert.Equal(CONNECT_MESSAGE_BASED, _parameters->Version);
            var table = (IO_INTERRUPT_MESSAGE_INFO*)*_result;
            Assert.Equal(4u, table->MessageCount);
            IO_INTERRUPT_MESSAGE_INFO_ENTRY* entries = &table->MessageInfo;

            for (int i = 3; i >= 0; i--)
            {
                Assert.Equal(entries[i].Irql.Value, entries[i].Vector >> 4);
                Assert.Equal(entries[i].Vector, entries[i].InterruptObject->Vector);
                _machine.RaiseInterrupt((byte)entries[i].Vector);
                KeLowerIrql(KeRaiseIrqlToDpcLevel());
            }

            Assert.Equal(["message 3", "message 2", "message 1", "message 0"], _log);
            Assert.True(table->UnifiedIrql >= entries[0].Irql);
            Disconnect(CONNECT_MESSAGE_BASED);
        });
    }

    [Fact]
    public void DeviceWithoutMessagesFallsBackToItsLineAndSaysSo()
    {
        Start(TestFunction.Plain(_machine), InterruptPreference.Message);
        _machine.Run(() =>
        {
            AskForMessages(fallBack: true);

            Assert.Equal(STATUS_SUCCESS, IoConnectInterruptEx(_parameters));

            Assert.Equal(CONNECT_LINE_BASED, _parameters->Version);
            Raise(TestFunction.Line);
            Assert.Equal(["line"], _log);
        });
    }

    [Fact]
    public void WithoutAFallbackThereIsNothingToConnect()
    {
        Start(TestFunction.Plain(_machine), InterruptPreference.Message);
        _machine.Run(() =>
        {
            AskForMessages(fallBack: false);

            Assert.Equal(STATUS_NOT_FOUND, IoConnectInterruptEx(_parameters));
        });
    }

    [Fact]
    public void FullySpecifiedTakesWhatTheResourcesSay()
    {
        DeviceNode node = Start(TestFunction.Plain(_machine), InterruptPreference.Registry);
        _machine.Run(() =>
        {
            InterruptMessage held = node.Interrupts!.Messages[0];
            _parameters->Version = CONNECT_FULLY_SPECIFIED;
            _parameters->FullySpecified = new IO_CONNECT_INTERRUPT_PARAMETERS.FullySpecifiedParameters
            {
                PhysicalDeviceObject = _driver.PhysicalDevice,
                InterruptObject = (KINTERRUPT**)_result,
                ServiceRoutine = LineRoutine(),
                SynchronizeIrql = held.Irql,
                ShareVector = true,
                Vector = held.Vector,
                Irql = held.Irql,
                InterruptMode = KINTERRUPT_MODE.LevelSensitive,
                ProcessorEnableMask = 1,
            };
            Assert.Equal(STATUS_SUCCESS, IoConnectInterruptEx(_parameters));

            Raise(TestFunction.Line);

            Assert.Equal(["line"], _log);
        });
    }

    [Fact]
    public void UnknownVersionIsRefusedAndTheKnownOneNamed() => _machine.Run(() =>
    {
        _parameters->Version = 77;

        Assert.Equal(STATUS_NOT_SUPPORTED, IoConnectInterruptEx(_parameters));
        Assert.Equal(CONNECT_CURRENT_VERSION, _parameters->Version);
    });

    private DeviceNode Start(TestFunction function, InterruptPreference preference) =>
        _machine.Run(() => _machine.Kernel.Pnp.AddDevice(function.Description, _driver.Object, preference));

    private void AskForLine()
    {
        _parameters->Version = CONNECT_LINE_BASED;
        _parameters->LineBased = new IO_CONNECT_INTERRUPT_PARAMETERS.LineBasedParameters
        {
            PhysicalDeviceObject = _driver.PhysicalDevice,
            InterruptObject = (KINTERRUPT**)_result,
            ServiceRoutine = LineRoutine(),
        };
    }

    private void AskForMessages(bool fallBack)
    {
        _parameters->Version = CONNECT_MESSAGE_BASED;
        _parameters->MessageBased = new IO_CONNECT_INTERRUPT_PARAMETERS.MessageBasedParameters
        {
            PhysicalDeviceObject = _driver.PhysicalDevice,
            MessageServiceRoutine = _machine.Routine((_, _, message, _) =>
            {
                _log.Add($"message {message}");
                return 1;
            }),
            FallBackServiceRoutine = fallBack ? LineRoutine() : default,
        };
        _parameters->MessageBased.ConnectionContext.Generic = _result;
    }

    private void Raise(uint line)
    {
        _machine.Interrupts.SetLine(line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());
    }

    private void Disconnect(uint version)
    {
        IO_DISCONNECT_INTERRUPT_PARAMETERS* parameters = _machine.New<IO_DISCONNECT_INTERRUPT_PARAMETERS>();
        parameters->Version = version;
        parameters->ConnectionContext.Generic = *_result;
        IoDisconnectInterruptEx(parameters);
    }

    private DriverRoutine LineRoutine() => _machine.Routine((_, _, _, _) =>
    {
        _log.Add("line");
        _machine.Interrupts.SetLine(TestFunction.Line, false);
        return 1;
    });
}
