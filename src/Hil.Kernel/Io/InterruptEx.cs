using System.Collections.Immutable;

namespace Hil.Kernel;

// Three forms of one call. Fully specified: the driver passes on what it found in its resources. Line-based: the kernel
// looks the device's line up. Message-based: every message is connected, each with an interrupt object of its own but
// one lock and one IRQL; a device that got no messages is connected by line if the driver has a fallback routine, and
// Version says so.

public static unsafe partial class Ntoskrnl
{
    private const uint InterruptTag = 0x49206F49; // 'Io I'

    /// <summary>Connects service routines to the interrupts of a device.</summary>
    /// <returns>STATUS_NOT_SUPPORTED for an unknown version (Version then says what is supported);
    /// STATUS_INVALID_PARAMETER for a passive-level interrupt with a spin lock or another SynchronizeIrql;
    /// STATUS_NOT_FOUND if the device holds no interrupt of the kind; else as
    /// IoConnectInterrupt.</returns>
    /// <remarks>WDK: IoConnectInterruptEx, Using Passive-Level Interrupt Service Routines. A fully specified Irql of
    /// PASSIVE_LEVEL asks for one, for lines and messages; a line- or message-based SynchronizeIrql of that value is a
    /// zero, which leaves the level to the system.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoConnectInterruptEx(IO_CONNECT_INTERRUPT_PARAMETERS* parameters)
    {
        switch (parameters->Version)
        {
            case CONNECT_FULLY_SPECIFIED:
            case CONNECT_FULLY_SPECIFIED_GROUP:
                return ConnectFullySpecified(&parameters->FullySpecified, parameters->Version);
            case CONNECT_LINE_BASED:
                return ConnectLine(&parameters->LineBased);
            case CONNECT_MESSAGE_BASED:
                return ConnectMessages(parameters);
            default:
                parameters->Version = CONNECT_CURRENT_VERSION;
                return STATUS_NOT_SUPPORTED;
        }
    }

    /// <summary>Undoes IoConnectInterruptEx.</summary>
    /// <remarks>WDK: IoDisconnectInterruptEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoDisconnectInterruptEx(IO_DISCONNECT_INTERRUPT_PARAMETERS* parameters)
    {
        if (parameters->Version == CONNECT_MESSAGE_BASED)
            DisconnectMessages(PointerCheck.Follow<IO_INTERRUPT_MESSAGE_INFO>(
                parameters->ConnectionContext.InterruptMessageTable, "ConnectionContext.InterruptMessageTable"));
        else
            IoDisconnectInterrupt(PointerCheck.Follow<KINTERRUPT>(
                parameters->ConnectionContext.InterruptObject, "ConnectionContext.InterruptObject"));
    }

    private static NTSTATUS ConnectFullySpecified(
        IO_CONNECT_INTERRUPT_PARAMETERS.FullySpecifiedParameters* asked, uint version)
    {
        if (version == CONNECT_FULLY_SPECIFIED_GROUP && asked->Group != 0)
            return STATUS_INVALID_PARAMETER;
        if ((asked->ProcessorEnableMask & OnlyProcessor) == 0)
            return STATUS_INVALID_PARAMETER;
        var connection = new InterruptConnection
        {
            PhysicalDevice = asked->PhysicalDeviceObject,
            ServiceRoutine = asked->ServiceRoutine,
            ServiceContext = asked->ServiceContext,
            SpinLock = asked->SpinLock,
            Vector = asked->Vector,
            Irql = asked->Irql,
            SynchronizeIrql = asked->SynchronizeIrql,
            Mode = asked->InterruptMode,
            ShareVector = asked->ShareVector,
        };
        return Connect(connection, ResultOf(asked->InterruptObject));
    }

    private static NTSTATUS ConnectLine(IO_CONNECT_INTERRUPT_PARAMETERS.LineBasedParameters* asked)
    {
        InterruptAssignment? held = InterruptsOf(asked->PhysicalDeviceObject);
        if (held is not { Kind: InterruptKind.Line })
            return STATUS_NOT_FOUND;
        InterruptConnection connection = ConnectionTo(held.Messages[0], asked->SynchronizeIrql);
        connection.PhysicalDevice = asked->PhysicalDeviceObject;
        connection.ServiceRoutine = asked->ServiceRoutine;
        connection.ServiceContext = asked->ServiceContext;
        connection.SpinLock = asked->SpinLock;
        connection.Mode = KINTERRUPT_MODE.LevelSensitive;
        connection.ShareVector = true;
        return Connect(connection, ResultOf(asked->InterruptObject));
    }

    private static NTSTATUS ConnectMessages(IO_CONNECT_INTERRUPT_PARAMETERS* parameters)
    {
        IO_CONNECT_INTERRUPT_PARAMETERS.MessageBasedParameters* asked = &parameters->MessageBased;
        InterruptAssignment? held = InterruptsOf(asked->PhysicalDeviceObject);
        if (held is { Kind: not InterruptKind.Line })
            return ConnectMessages(asked, held.Messages);
        if (held == null || asked->FallBackServiceRoutine.IsNull)
            return STATUS_NOT_FOUND;
        var line = new IO_CONNECT_INTERRUPT_PARAMETERS.LineBasedParameters
        {
            PhysicalDeviceObject = asked->PhysicalDeviceObject,
            InterruptObject = asked->ConnectionContext.InterruptObject,
            ServiceRoutine = asked->FallBackServiceRoutine,
            ServiceContext = asked->ServiceContext,
            SpinLock = asked->SpinLock,
            SynchronizeIrql = asked->SynchronizeIrql,
        };
        parameters->Version = CONNECT_LINE_BASED;
        return ConnectLine(&line);
    }

    private static NTSTATUS ConnectMessages(
        IO_CONNECT_INTERRUPT_PARAMETERS.MessageBasedParameters* asked, ImmutableArray<InterruptMessage> messages)
    {
        var result = (IO_INTERRUPT_MESSAGE_INFO**)PointerCheck.Follow<nint>(
            asked->ConnectionContext.InterruptMessageTable, "ConnectionContext.InterruptMessageTable");
        IO_INTERRUPT_MESSAGE_INFO* table = CreateMessageTable(messages, asked->SynchronizeIrql);
        if (table == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        IO_INTERRUPT_MESSAGE_INFO_ENTRY* entries = &table->MessageInfo;
        for (int i = 0; i < messages.Length; i++)
        {
            InterruptConnection connection = ConnectionTo(messages[i], table->UnifiedIrql);
            connection.PhysicalDevice = asked->PhysicalDeviceObject;
            connection.MessageServiceRoutine = asked->MessageServiceRoutine;
            connection.MessageIndex = (uint)i;
            connection.ServiceContext = asked->ServiceContext;
            connection.SpinLock = asked->SpinLock;
            connection.Mode = KINTERRUPT_MODE.Latched;
            NTSTATUS status = Connect(connection, &entries[i].InterruptObject);
            if (!status.IsSuccess)
            {
                DisconnectMessages(table);
                return status;
            }
        }
        *result = table;
        return STATUS_SUCCESS;
    }

    private static IO_INTERRUPT_MESSAGE_INFO* CreateMessageTable(ImmutableArray<InterruptMessage> messages, KIRQL irql)
    {
        int bytes = sizeof(IO_INTERRUPT_MESSAGE_INFO) + (messages.Length - 1) * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
        var table = (IO_INTERRUPT_MESSAGE_INFO*)NtKernel.Current.Pool.Allocate((nuint)bytes, InterruptTag, zero: true);
        if (table == null)
            return null;
        table->MessageCount = (uint)messages.Length;
        table->UnifiedIrql = irql;
        IO_INTERRUPT_MESSAGE_INFO_ENTRY* entry = &table->MessageInfo;
        foreach (InterruptMessage message in messages)
        {
            entry->MessageAddress.Value = message.Address;
            entry->MessageData = message.Data;
            entry->TargetProcessorSet = OnlyProcessor;
            entry->Vector = message.Vector;
            entry->Irql = message.Irql;
            entry->Mode = KINTERRUPT_MODE.Latched;
            entry->Polarity = KINTERRUPT_POLARITY.InterruptActiveHigh;
            if (message.Irql.Value > table->UnifiedIrql.Value)
                table->UnifiedIrql = message.Irql;
            entry++;
        }
        return table;
    }

    private static void DisconnectMessages(IO_INTERRUPT_MESSAGE_INFO* table)
    {
        IO_INTERRUPT_MESSAGE_INFO_ENTRY* entries = &table->MessageInfo;
        for (uint i = 0; i < table->MessageCount; i++)
        {
            if (entries[i].InterruptObject != null)
                IoDisconnectInterrupt(entries[i].InterruptObject);
        }
        NtKernel.Current.Pool.Free(table);
    }

    // A SynchronizeIrql of zero leaves the choice to the system: the level of the interrupt itself.
    private static InterruptConnection ConnectionTo(InterruptMessage message, KIRQL synchronizeIrql) => new()
    {
        Vector = message.Vector,
        Irql = message.Irql,
        SynchronizeIrql = synchronizeIrql == PASSIVE_LEVEL ? message.Irql : synchronizeIrql,
    };

    private static KINTERRUPT** ResultOf(KINTERRUPT** pointer) =>
        (KINTERRUPT**)PointerCheck.Follow<nint>(pointer, "InterruptObject");

    private static InterruptAssignment? InterruptsOf(DEVICE_OBJECT* physicalDevice) =>
        NtKernel.Current.Pnp.Find(physicalDevice)?.Interrupts;
}
