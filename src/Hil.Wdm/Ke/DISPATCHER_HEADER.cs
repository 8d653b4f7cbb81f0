using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The head of every object that a thread can wait for.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct DISPATCHER_HEADER
{
    [FieldOffset(0)] public int Lock;
    [FieldOffset(0)] public int LockNV;
    [FieldOffset(0)] public byte Type;
    [FieldOffset(0)] public byte TimerType;
    [FieldOffset(0)] public byte Timer2Type;
    [FieldOffset(0)] public byte QueueType;
    [FieldOffset(0)] public byte ThreadType;
    [FieldOffset(0)] public byte MutantType;
    [FieldOffset(1)] public byte TimerControlFlags;
    [FieldOffset(1)] private byte _bits1;
    [FieldOffset(1)] public byte Abandoned;
    [FieldOffset(1)] public BOOLEAN Signalling;
    [FieldOffset(1)] public byte Timer2Flags;
    [FieldOffset(1)] public byte QueueControlFlags;
    [FieldOffset(1)] public byte ThreadReserved;
    [FieldOffset(1)] public byte MutantSize;
    [FieldOffset(2)] public byte ThreadControlFlags;
    [FieldOffset(2)] private byte _bits2;
    [FieldOffset(2)] public byte Size;
    [FieldOffset(2)] public byte Hand;
    [FieldOffset(2)] public BOOLEAN DpcActive;
    [FieldOffset(2)] public byte Timer2ComponentId;
    [FieldOffset(2)] public byte QueueSize;
    [FieldOffset(3)] public byte TimerMiscFlags;
    [FieldOffset(3)] private byte _bits3;
    [FieldOffset(3)] public BOOLEAN DebugActive;
    [FieldOffset(3)] private byte _bits4;
    [FieldOffset(3)] public byte Reserved1;
    [FieldOffset(3)] public byte Timer2RelativeId;
    [FieldOffset(3)] public byte QueueReserved;
    [FieldOffset(3)] public byte MutantReserved;
    [FieldOffset(4)] public int SignalState;
    [FieldOffset(8)] public LIST_ENTRY WaitListHead;

    public byte Absolute
    {
        readonly get => (byte)BitField.Get(_bits1, 0, 1);
        set => _bits1 = (byte)BitField.Set(_bits1, 0, 1, value);
    }

    public byte Coalescable
    {
        readonly get => (byte)BitField.Get(_bits1, 1, 1);
        set => _bits1 = (byte)BitField.Set(_bits1, 1, 1, value);
    }

    public byte KeepShifting
    {
        readonly get => (byte)BitField.Get(_bits1, 2, 1);
        set => _bits1 = (byte)BitField.Set(_bits1, 2, 1, value);
    }

    public byte EncodedTolerableDelay
    {
        readonly get => (byte)BitField.Get(_bits1, 3, 5);
        set => _bits1 = (byte)BitField.Set(_bits1, 3, 5, value);
    }

    public byte CpuThrottled
    {
        readonly get => (byte)BitField.Get(_bits2, 0, 1);
        set => _bits2 = (byte)BitField.Set(_bits2, 0, 1, value);
    }

    public byte CycleProfiling
    {
        readonly get => (byte)BitField.Get(_bits2, 1, 1);
        set => _bits2 = (byte)BitField.Set(_bits2, 1, 1, value);
    }

    public byte CounterProfiling
    {
        readonly get => (byte)BitField.Get(_bits2, 2, 1);
        set => _bits2 = (byte)BitField.Set(_bits2, 2, 1, value);
    }

    public byte Reserved
    {
        readonly get => (byte)BitField.Get(_bits2, 3, 5);
        set => _bits2 = (byte)BitField.Set(_bits2, 3, 5, value);
    }

    public byte Index
    {
        readonly get => (byte)BitField.Get(_bits3, 0, 6);
        set => _bits3 = (byte)BitField.Set(_bits3, 0, 6, value);
    }

    public byte Inserted
    {
        readonly get => (byte)BitField.Get(_bits3, 6, 1);
        set => _bits3 = (byte)BitField.Set(_bits3, 6, 1, value);
    }

    public byte Expired
    {
        readonly get => (byte)BitField.Get(_bits3, 7, 1);
        set => _bits3 = (byte)BitField.Set(_bits3, 7, 1, value);
    }

    public byte ActiveDR7
    {
        readonly get => (byte)BitField.Get(_bits4, 0, 1);
        set => _bits4 = (byte)BitField.Set(_bits4, 0, 1, value);
    }

    public byte Instrumented
    {
        readonly get => (byte)BitField.Get(_bits4, 1, 1);
        set => _bits4 = (byte)BitField.Set(_bits4, 1, 1, value);
    }

    public byte Reserved2
    {
        readonly get => (byte)BitField.Get(_bits4, 2, 4);
        set => _bits4 = (byte)BitField.Set(_bits4, 2, 4, value);
    }

    public byte UmsScheduled
    {
        readonly get => (byte)BitField.Get(_bits4, 6, 1);
        set => _bits4 = (byte)BitField.Set(_bits4, 6, 1, value);
    }

    public byte UmsPrimary
    {
        readonly get => (byte)BitField.Get(_bits4, 7, 1);
        set => _bits4 = (byte)BitField.Set(_bits4, 7, 1, value);
    }
}
