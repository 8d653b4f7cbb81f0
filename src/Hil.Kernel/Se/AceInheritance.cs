namespace Hil.Kernel;

/// <summary>Makes the access control lists of a new object out of others.</summary>
internal sealed unsafe class AceInheritance(
    NtKernel kernel, bool isDirectory, GENERIC_MAPPING mapping, SID* owner, SID* group)
{
    private const uint Tag = 0x6C416553; // 'SeAl'
    private const uint ListBytes = 0xFFFC; // The largest there is.
    private const uint HeadBytes = 8; // What comes before the identifier.
    private const byte ToObjects = 1, ToDirectories = 2, NotFurther = 4, OnlyInherited = 8, Inheritance = 0xF;

    public SID* Owner { get; } = owner;

    public SID* Group { get; } = group;

    /// <summary>An empty list of the largest size; null when memory is exhausted.</summary>
    public ACL* Allocate()
    {
        var list = (ACL*)kernel.Pool.Allocate(ListBytes, Tag, zero: true);
        if (list != null)
            Ntoskrnl.RtlCreateAcl(list, ListBytes, ACL_REVISION);
        return list;
    }

    public void Free(ACL* list)
    {
        if (list != null)
            kernel.Pool.Free(list);
    }

    /// <summary>Cuts off what a list does not use.</summary>
    public static ACL* Trim(ACL* list)
    {
        list->AclSize = (ushort)EndOf(list);
        return list;
    }

    public uint Map(uint mask)
    {
        fixed (GENERIC_MAPPING* generic = &mapping)
            return Ntoskrnl.MapGeneric(mask, generic);
    }

    /// <summary>A list as it is, its generic rights put into those of the object.</summary>
    public ACL* Copy(ACL* source)
    {
        ACL* list = Allocate();
        if (list == null)
            return null;
        list->AclRevision = source->AclRevision;
        for (ushort i = 0; i < source->AceCount; i++)
            Add(list, AceOf(source, i), AceOf(source, i)->Header.AceFlags, isEffective: true);
        return Trim(list);
    }

    /// <summary>What of a parent's list comes down to the object; null if nothing does.</summary>
    public ACL* Inherit(ACL* source)
    {
        ACL* list = source == null ? null : Allocate();
        if (list == null)
            return null;
        list->AclRevision = source->AclRevision;
        for (ushort i = 0; i < source->AceCount; i++)
            Inherit(list, AceOf(source, i));
        if (list->AceCount != 0)
            return Trim(list);
        Free(list);
        return null;
    }

    // An entry that is effective on a directory and passed on is split in two where the one has other rights or
    // another name than the other.
    private void Inherit(ACL* list, ACCESS_ALLOWED_ACE* ace)
    {
        byte flags = ace->Header.AceFlags;
        byte kept = (byte)(flags & ~Inheritance);
        bool goesOn = isDirectory && (flags & NotFurther) == 0 && (flags & (ToObjects | ToDirectories)) != 0;
        bool isEffective = (flags & (isDirectory ? ToDirectories : ToObjects)) != 0;
        byte further = (byte)(kept | (flags & (ToObjects | ToDirectories)));
        if (isEffective && goesOn && !IsChanged(ace))
            Add(list, ace, further, isEffective: true);
        else if (isEffective)
            Add(list, ace, kept, isEffective: true);
        if (goesOn && (!isEffective || IsChanged(ace)))
            Add(list, ace, (byte)(further | OnlyInherited), isEffective: false);
    }

    private bool IsChanged(ACCESS_ALLOWED_ACE* ace) =>
        HasSid(ace) && (Map(ace->Mask) != ace->Mask || Substitute((SID*)&ace->SidStart) != &ace->SidStart);

    private void Add(ACL* list, ACCESS_ALLOWED_ACE* ace, byte flags, bool isEffective)
    {
        uint end = EndOf(list);
        bool maps = HasSid(ace) && isEffective && (flags & OnlyInherited) == 0;
        void* sid = maps ? Substitute((SID*)&ace->SidStart) : &ace->SidStart;
        uint bytes = maps ? HeadBytes + Ntoskrnl.RtlLengthSid((SID*)sid) : ace->Header.AceSize;
        if (bytes < HeadBytes || end + bytes > list->AclSize)
            return;
        var made = (ACCESS_ALLOWED_ACE*)((byte*)list + end);
        Buffer.MemoryCopy(ace, made, bytes, Math.Min(bytes, ace->Header.AceSize));
        Buffer.MemoryCopy(sid, &made->SidStart, bytes - HeadBytes, bytes - HeadBytes);
        made->Header.AceFlags = flags;
        made->Header.AceSize = (ushort)bytes;
        if (maps)
            made->Mask = Map(ace->Mask);
        list->AceCount++;
    }

    private void* Substitute(SID* sid)
    {
        SE_EXPORTS* known = Ntoskrnl.WellKnownOf(kernel);
        if (Ntoskrnl.RtlEqualSid(sid, known->SeCreatorOwnerSid))
            return Owner;
        return Ntoskrnl.RtlEqualSid(sid, known->SeCreatorGroupSid) ? Group : sid;
    }

    // Entries that allow, deny and audit; those of other types are taken as they are.
    private static bool HasSid(ACCESS_ALLOWED_ACE* ace)
    {
        const byte SystemAudit = 2;
        return ace->Header.AceType <= SystemAudit && ace->Header.AceSize >= sizeof(ACCESS_ALLOWED_ACE)
            && ace->Header.AceSize >= HeadBytes + Ntoskrnl.RtlLengthSid((SID*)&ace->SidStart);
    }

    private static uint EndOf(ACL* list)
    {
        uint end = (uint)sizeof(ACL);
        for (ushort i = 0; i < list->AceCount; i++)
            end += ((ACE_HEADER*)((byte*)list + end))->AceSize;
        return end;
    }

    private static ACCESS_ALLOWED_ACE* AceOf(ACL* list, ushort index)
    {
        uint at = (uint)sizeof(ACL);
        for (ushort i = 0; i < index; i++)
            at += ((ACE_HEADER*)((byte*)list + at))->AceSize;
        return (ACCESS_ALLOWED_ACE*)((byte*)list + at);
    }
}
