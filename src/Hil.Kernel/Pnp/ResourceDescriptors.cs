using System.Numerics;

namespace Hil.Kernel;

/// <summary>Makes single resource descriptors: what is asked for (IO_) and what is granted (CM_).</summary>
internal static class ResourceDescriptors
{
    /// <summary>Asks for one range at one address; address 0 asks for what cannot be had.</summary>
    public static IO_RESOURCE_DESCRIPTOR Require(byte type, ushort flags, byte share, ulong address, ulong bytes)
    {
        var descriptor = new IO_RESOURCE_DESCRIPTOR { Type = type, ShareDisposition = share, Flags = flags };
        (int shift, ushort largeFlag) = LargeEncoding(bytes);
        if (largeFlag != 0)
        {
            descriptor.Type = CmResourceTypeMemoryLarge;
            descriptor.Flags |= largeFlag;
        }
        descriptor.u.Memory.Length = (uint)(bytes >> shift);
        descriptor.u.Memory.Alignment = (uint)(bytes >> shift);
        descriptor.u.Memory.MinimumAddress = new PHYSICAL_ADDRESS(address == 0 ? 1 : address);
        descriptor.u.Memory.MaximumAddress = new PHYSICAL_ADDRESS(address == 0 ? 0 : address + bytes - 1);
        return descriptor;
    }

    /// <summary>Asks for a level-sensitive, shareable line (global system interrupt).</summary>
    public static IO_RESOURCE_DESCRIPTOR RequireLine(uint line)
    {
        var descriptor = new IO_RESOURCE_DESCRIPTOR
        {
            Type = CmResourceTypeInterrupt,
            ShareDisposition = CmResourceShareShared,
            Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
        };
        descriptor.u.Interrupt.MinimumVector = line;
        descriptor.u.Interrupt.MaximumVector = line;
        return descriptor;
    }

    /// <summary>Asks for messages: one descriptor for MSI, which counts them in its vector range; one for each MSI-X
    /// one.</summary>
    public static IO_RESOURCE_DESCRIPTOR[] RequireMessages(InterruptKind kind, int count)
    {
        bool isMsix = kind == InterruptKind.MsiX;
        int messages = isMsix ? 1 : 1 << BitOperations.Log2((uint)count);
        var descriptor = new IO_RESOURCE_DESCRIPTOR
        {
            Type = CmResourceTypeInterrupt,
            ShareDisposition = CmResourceShareDeviceExclusive,
            Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE,
        };
        descriptor.u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
        descriptor.u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - (uint)messages + 1;
        var descriptors = new IO_RESOURCE_DESCRIPTOR[isMsix ? count : 1];
        Array.Fill(descriptors, descriptor);
        return descriptors;
    }

    /// <summary>Bytes that a memory or port requirement asks for.</summary>
    public static ulong LengthOf(in IO_RESOURCE_DESCRIPTOR requirement) =>
        (ulong)requirement.u.Memory.Length << ShiftOf(requirement);

    /// <summary>What the range's address has to be a multiple of.</summary>
    public static ulong AlignmentOf(in IO_RESOURCE_DESCRIPTOR requirement) =>
        (ulong)requirement.u.Memory.Alignment << ShiftOf(requirement);

    /// <summary>Grants a memory or port requirement at an address.</summary>
    public static CM_PARTIAL_RESOURCE_DESCRIPTOR Assign(in IO_RESOURCE_DESCRIPTOR requirement, ulong address)
    {
        CM_PARTIAL_RESOURCE_DESCRIPTOR granted = Start(requirement);
        granted.u.Memory.Start = new PHYSICAL_ADDRESS(address);
        granted.u.Memory.Length = requirement.u.Memory.Length;
        return granted;
    }

    /// <summary>Grants an interrupt. For messages the raw form counts them, the translated form names the first
    /// vector.</summary>
    public static (CM_PARTIAL_RESOURCE_DESCRIPTOR Raw, CM_PARTIAL_RESOURCE_DESCRIPTOR Translated) AssignInterrupt(
        in IO_RESOURCE_DESCRIPTOR requirement, uint line, byte vector, int messages)
    {
        const nuint OnlyProcessor = 1;
        CM_PARTIAL_RESOURCE_DESCRIPTOR raw = Start(requirement);
        CM_PARTIAL_RESOURCE_DESCRIPTOR translated = raw;
        translated.u.Interrupt.Level = (ushort)(vector >> 4);
        translated.u.Interrupt.Vector = vector;
        translated.u.Interrupt.Affinity = OnlyProcessor;
        if (messages > 0)
        {
            raw.u.MessageInterrupt.Raw.MessageCount = (ushort)messages;
            raw.u.MessageInterrupt.Raw.Vector = vector;
        }
        else
        {
            raw.u.Interrupt.Level = (ushort)line;
            raw.u.Interrupt.Vector = line;
        }
        raw.u.Interrupt.Affinity = OnlyProcessor;
        return (raw, translated);
    }

    /// <summary>Grants what needs no choice: bus numbers from the low end, private data as it stands.</summary>
    public static unsafe CM_PARTIAL_RESOURCE_DESCRIPTOR Copy(IO_RESOURCE_DESCRIPTOR requirement)
    {
        const int PrivateWords = 3;
        CM_PARTIAL_RESOURCE_DESCRIPTOR granted = Start(requirement);
        switch (requirement.Type)
        {
            case CmResourceTypeBusNumber:
                granted.u.BusNumber.Start = requirement.u.BusNumber.MinBusNumber;
                granted.u.BusNumber.Length = requirement.u.BusNumber.Length;
                break;
            case CmResourceTypeDma:
                granted.u.Dma.Channel = requirement.u.Dma.MinimumChannel;
                break;
            default:
                for (int i = 0; i < PrivateWords; i++)
                    granted.u.DevicePrivate.Data[i] = requirement.u.DevicePrivate.Data[i];
                break;
        }
        return granted;
    }

    private static CM_PARTIAL_RESOURCE_DESCRIPTOR Start(in IO_RESOURCE_DESCRIPTOR requirement) => new()
    {
        Type = requirement.Type,
        ShareDisposition = requirement.ShareDisposition,
        Flags = requirement.Flags,
    };

    // WDK: CM_PARTIAL_RESOURCE_DESCRIPTOR, CmResourceTypeMemoryLarge: the length in units of 2^8, 2^16 or 2^32 bytes.
    private static (int Shift, ushort Flag) LargeEncoding(ulong bytes) => bytes switch
    {
        <= uint.MaxValue => (0, 0),
        <= 0xFF_FFFF_FF00 => (8, CM_RESOURCE_MEMORY_LARGE_40),
        <= 0xFFFF_FFFF_0000 => (16, CM_RESOURCE_MEMORY_LARGE_48),
        _ => (32, CM_RESOURCE_MEMORY_LARGE_64),
    };

    private static int ShiftOf(in IO_RESOURCE_DESCRIPTOR requirement) =>
        requirement.Type != CmResourceTypeMemoryLarge ? 0
        : (requirement.Flags & CM_RESOURCE_MEMORY_LARGE_40) != 0 ? 8
        : (requirement.Flags & CM_RESOURCE_MEMORY_LARGE_48) != 0 ? 16
        : 32;
}
