namespace Hil.Kernel;

/// <summary>Part of a buffer on its way to or from a device, for mapping and for copying back.</summary>
internal readonly unsafe struct DmaTransfer(
    DmaAdapter adapter, MDL* mdl, MapRegisters? registers, ulong virtualAddress, uint length, bool toDevice)
{
    public MapRegisters? Registers { get; } = registers;

    /// <summary>Maps the start of the part and returns its device address.</summary>
    /// <param name="piece">How many bytes from there on are contiguous for the device.</param>
    public ulong MapFirst(out uint piece)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        piece = FirstPiece(out bool isBounced);
        if (!isBounced)
        {
            ulong physical = PhysicalAt(virtualAddress);
            Disclosed.HandOver(memory.AddressOf(physical), piece);
            return physical;
        }
        Invariant.Holds(Registers != null, "a transfer that is carried out has map registers");
        ulong bounce = Registers.Bounce(virtualAddress, piece, adapter.HighestAddress);
        ClaimBounced(piece);
        if (toDevice)
            CopyBounced(piece, fromBounce: false);
        Disclosed.Flush(bounce, piece);
        return memory.PhysicalOf(bounce);
    }

    /// <summary>The same part from a later place on.</summary>
    public DmaTransfer From(uint offset) =>
        new(adapter, mdl, Registers, virtualAddress + offset, length - offset, toDevice);

    /// <summary>After a transfer: makes visible what the device wrote, and copies what was bounced to where it
    /// belongs.</summary>
    public void CopyBack()
    {
        TakeBack();
        if (!toDevice)
            CopyBounced(length, fromBounce: true);
    }

    /// <summary>Number of device-contiguous pieces that the part consists of.</summary>
    public uint CountPieces()
    {
        uint pieces = 0;
        for (uint done = 0; done < length; pieces++)
            done += From(done).FirstPiece(out _);
        return pieces;
    }

    /// <summary>Number of map registers that the part needs.</summary>
    public uint CountRegisters() => ADDRESS_AND_SIZE_TO_SPAN_PAGES((void*)virtualAddress, length);

    // A device that cannot scatter gets the part in one piece, bounced entirely unless it is reachable and contiguous.
    private uint FirstPiece(out bool isBounced)
    {
        isBounced = !IsReachable(virtualAddress);
        uint bytes = BytesOnPage(virtualAddress, length);
        while (bytes < length && GoesOn(virtualAddress + bytes, isBounced))
            bytes += BytesOnPage(virtualAddress + bytes, length - bytes);
        if (bytes == length || adapter.CanScatter)
            return bytes;
        isBounced = true;
        return length;
    }

    private bool GoesOn(ulong page, bool isBounced) =>
        isBounced ? !IsReachable(page) : IsReachable(page) && PhysicalAt(page) == PhysicalAt(page - 1) + 1;

    private bool IsReachable(ulong address) =>
        (PhysicalAt(address) | (PAGE_SIZE - 1)) <= adapter.HighestAddress;

    private ulong PhysicalAt(ulong address)
    {
        ulong offset = address - (ulong)mdl->StartVa;
        return (MmGetMdlPfnArray(mdl)[offset >> (int)PAGE_SHIFT] << (int)PAGE_SHIFT) + offset % PAGE_SIZE;
    }

    private static DisclosedMemory Disclosed => NtKernel.Current.Disclosed;

    // The device never hears of these pages: it gets others.
    private void ClaimBounced(uint bytes)
    {
        if (!Disclosed.IsShadowed)
            return;
        uint step;
        for (uint done = 0; done < bytes; done += step)
        {
            step = BytesOnPage(virtualAddress + done, bytes - done);
            Disclosed.Claim(OwnAt(virtualAddress + done), step);
        }
    }

    // Pages that follow each other in RAM are taken back at once.
    private void TakeBack()
    {
        if (!Disclosed.IsShadowed)
            return;
        (ulong start, uint bytes) = (0, 0);
        uint step;
        for (uint done = 0; done < length; done += step)
        {
            ulong place = virtualAddress + done;
            step = BytesOnPage(place, length - done);
            bool isBounced = Registers != null && Registers.TryFindBounced(place, out _);
            ulong own = OwnAt(place);
            if (isBounced || own != start + bytes)
            {
                Disclosed.Flush(start, bytes);
                (start, bytes) = (own, 0);
            }
            bytes += isBounced ? 0 : step;
        }
        Disclosed.Flush(start, bytes);
    }

    // Window address of a place in the buffer; 0 if the MDL names a page that is not RAM.
    private ulong OwnAt(ulong address) => NtKernel.Current.Services.Memory.AddressOf(PhysicalAt(address));

    private void CopyBounced(uint bytes, bool fromBounce)
    {
        uint step;
        for (uint done = 0; done < bytes; done += step)
        {
            ulong place = virtualAddress + done;
            step = BytesOnPage(place, bytes - done);
            if (Registers == null || !Registers.TryFindBounced(place, out ulong bounce))
                continue;
            ulong own = OwnAt(place);
            if (own == 0)
                NtKernel.Current.BugCheck(BugCheckCodes.PFN_LIST_CORRUPT, 1, (ulong)mdl, done, 0,
                    $"the MDL at 0x{(ulong)mdl:x} names a page that is not RAM");
            if (fromBounce)
                Disclosed.Flush(bounce, step);
            (ulong from, ulong to) = fromBounce ? (bounce, own) : (own, bounce);
            Buffer.MemoryCopy((void*)from, (void*)to, step, step);
            adapter.BouncedBytes += step;
        }
    }

    private static uint BytesOnPage(ulong address, uint bytesMax) =>
        Math.Min(bytesMax, PAGE_SIZE - (uint)(address % PAGE_SIZE));
}
