namespace Hil.Kernel;

// Two forms: absolute, with pointers to what it consists of, and self-relative, with offsets and all in one piece.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Begins an empty descriptor in absolute form.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION.</returns>
    /// <remarks>WDK: RtlCreateSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlCreateSecurityDescriptor(SECURITY_DESCRIPTOR* securityDescriptor, uint revision)
    {
        if (revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        *securityDescriptor = new SECURITY_DESCRIPTOR { Revision = (byte)revision };
        return STATUS_SUCCESS;
    }

    /// <summary>Whether a descriptor and what it consists of make sense.</summary>
    /// <remarks>WDK: RtlValidSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN RtlValidSecurityDescriptor(SECURITY_DESCRIPTOR* securityDescriptor)
    {
        if (securityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return false;
        DescriptorParts parts = PartsOf(securityDescriptor);
        return (parts.Owner == null || RtlValidSid(parts.Owner)) && (parts.Group == null || RtlValidSid(parts.Group))
            && (parts.Dacl == null || TryFindAce(parts.Dacl, parts.Dacl->AceCount, out _))
            && (parts.Sacl == null || TryFindAce(parts.Sacl, parts.Sacl->AceCount, out _));
    }

    /// <summary>Whether a self-relative descriptor of a size makes sense, lies in it with all its parts, and has those
    /// that are required.</summary>
    /// <param name="requiredInformation">OWNER_, GROUP_, DACL_ and SACL_SECURITY_INFORMATION.</param>
    /// <remarks>WDK: RtlValidRelativeSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN RtlValidRelativeSecurityDescriptor(
        [UncheckedPointer] SECURITY_DESCRIPTOR* securityDescriptor, uint securityDescriptorLength,
        uint requiredInformation)
    {
        var bounds = new Bounds((ulong)securityDescriptor, securityDescriptorLength);
        if (!bounds.Hold(securityDescriptor, (uint)sizeof(SECURITY_DESCRIPTOR_RELATIVE)))
            return false;
        BytesOf(securityDescriptor, securityDescriptorLength, "SecurityDescriptor");
        if (securityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION
            || (securityDescriptor->Control & SE_SELF_RELATIVE) == 0)
            return false;
        DescriptorParts parts = PartsOf(securityDescriptor);
        return IsPart(bounds, parts.Owner, (requiredInformation & OWNER_SECURITY_INFORMATION) != 0)
            && IsPart(bounds, parts.Group, (requiredInformation & GROUP_SECURITY_INFORMATION) != 0)
            && IsPart(bounds, parts.Dacl, (requiredInformation & DACL_SECURITY_INFORMATION) != 0)
            && IsPart(bounds, parts.Sacl, (requiredInformation & SACL_SECURITY_INFORMATION) != 0);
    }

    /// <summary>Size in bytes of a descriptor with all that it consists of.</summary>
    /// <remarks>WDK: RtlLengthSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlLengthSecurityDescriptor(SECURITY_DESCRIPTOR* securityDescriptor)
    {
        bool isRelative = (securityDescriptor->Control & SE_SELF_RELATIVE) != 0;
        int header = isRelative ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR);
        return (uint)header + PartsOf(securityDescriptor).Bytes;
    }

    /// <summary>Sets the discretionary access control list; present and null allows everything to everybody.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION; STATUS_INVALID_SECURITY_DESCR for the self-relative form.</returns>
    /// <remarks>WDK: RtlSetDaclSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlSetDaclSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, BOOLEAN daclPresent, ACL* dacl, BOOLEAN daclDefaulted)
    {
        NTSTATUS status = CheckAbsolute(securityDescriptor);
        if (!status.IsSuccess)
            return status;
        SetControl(securityDescriptor, SE_DACL_PRESENT, daclPresent);
        SetControl(securityDescriptor, SE_DACL_DEFAULTED, daclPresent && daclDefaulted);
        securityDescriptor->Dacl = daclPresent ? dacl : null;
        return STATUS_SUCCESS;
    }

    /// <summary>Sets the owner; null for none.</summary>
    /// <returns>As RtlSetDaclSecurityDescriptor.</returns>
    /// <remarks>WDK: RtlSetOwnerSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlSetOwnerSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, SID* owner, BOOLEAN ownerDefaulted)
    {
        NTSTATUS status = CheckAbsolute(securityDescriptor);
        if (!status.IsSuccess)
            return status;
        securityDescriptor->Owner = owner;
        SetControl(securityDescriptor, SE_OWNER_DEFAULTED, ownerDefaulted);
        return STATUS_SUCCESS;
    }

    /// <summary>Sets the primary group; null for none.</summary>
    /// <returns>As RtlSetDaclSecurityDescriptor.</returns>
    /// <remarks>WDK: RtlSetGroupSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlSetGroupSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, SID* group, BOOLEAN groupDefaulted)
    {
        NTSTATUS status = CheckAbsolute(securityDescriptor);
        if (!status.IsSuccess)
            return status;
        securityDescriptor->Group = group;
        SetControl(securityDescriptor, SE_GROUP_DEFAULTED, groupDefaulted);
        return STATUS_SUCCESS;
    }

    /// <summary>The discretionary access control list; the other results are written only if there is one.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION.</returns>
    /// <remarks>WDK: RtlGetDaclSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetDaclSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, BOOLEAN* daclPresent, ACL** dacl, BOOLEAN* daclDefaulted) =>
        GetList(securityDescriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, daclPresent, dacl, daclDefaulted);

    /// <summary>The system access control list; the other results are written only if there is one.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION.</returns>
    /// <remarks>WDK: RtlGetSaclSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetSaclSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, BOOLEAN* saclPresent, ACL** sacl, BOOLEAN* saclDefaulted) =>
        GetList(securityDescriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, saclPresent, sacl, saclDefaulted);

    /// <summary>The owner; null for none.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION.</returns>
    /// <remarks>WDK: RtlGetOwnerSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetOwnerSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, SID** owner, BOOLEAN* ownerDefaulted)
    {
        if (securityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        *owner = PartsOf(securityDescriptor).Owner;
        *ownerDefaulted = (securityDescriptor->Control & SE_OWNER_DEFAULTED) != 0;
        return STATUS_SUCCESS;
    }

    /// <summary>The primary group; null for none.</summary>
    /// <returns>STATUS_UNKNOWN_REVISION.</returns>
    /// <remarks>WDK: RtlGetGroupSecurityDescriptor.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetGroupSecurityDescriptor(
        SECURITY_DESCRIPTOR* securityDescriptor, SID** group, BOOLEAN* groupDefaulted)
    {
        if (securityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        *group = PartsOf(securityDescriptor).Group;
        *groupDefaulted = (securityDescriptor->Control & SE_GROUP_DEFAULTED) != 0;
        return STATUS_SUCCESS;
    }

    /// <summary>Writes a descriptor in self-relative form.</summary>
    /// <param name="bufferLength">Size of the buffer; gets the size that is needed.</param>
    /// <returns>STATUS_BAD_DESCRIPTOR_FORMAT if it is in that form already, STATUS_BUFFER_TOO_SMALL.</returns>
    /// <remarks>WDK: RtlAbsoluteToSelfRelativeSD.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlAbsoluteToSelfRelativeSD(
        SECURITY_DESCRIPTOR* absoluteSecurityDescriptor, void* selfRelativeSecurityDescriptor, uint* bufferLength)
    {
        if ((absoluteSecurityDescriptor->Control & SE_SELF_RELATIVE) != 0)
            return STATUS_BAD_DESCRIPTOR_FORMAT;
        byte[] relative = ToSelfRelative(absoluteSecurityDescriptor);
        uint available = *bufferLength;
        *bufferLength = (uint)relative.Length;
        if (available < relative.Length)
            return STATUS_BUFFER_TOO_SMALL;
        relative.CopyTo(
            BytesOf(selfRelativeSecurityDescriptor, (uint)relative.Length, "SelfRelativeSecurityDescriptor"));
        return STATUS_SUCCESS;
    }

    /// <summary>A descriptor of either form as one in self-relative form.</summary>
    internal static byte[] ToSelfRelative(SECURITY_DESCRIPTOR* descriptor)
    {
        DescriptorParts parts = PartsOf(descriptor);
        var relative = new byte[sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (int)parts.Bytes];
        uint end = (uint)sizeof(SECURITY_DESCRIPTOR_RELATIVE);
        fixed (byte* start = relative)
        {
            var header = (SECURITY_DESCRIPTOR_RELATIVE*)start;
            header->Revision = descriptor->Revision;
            header->Control = (ushort)(descriptor->Control | SE_SELF_RELATIVE);
            header->Sacl = Append(relative, ref end, parts.Sacl, SizeOf(parts.Sacl));
            header->Dacl = Append(relative, ref end, parts.Dacl, SizeOf(parts.Dacl));
            header->Owner = Append(relative, ref end, parts.Owner, SizeOf(parts.Owner));
            header->Group = Append(relative, ref end, parts.Group, SizeOf(parts.Group));
        }
        return relative;
    }

    private static uint Append(byte[] relative, ref uint end, void* part, uint bytes)
    {
        if (part == null)
            return 0;
        uint offset = end;
        BytesOf(part, bytes, "a part of SecurityDescriptor").CopyTo(relative.AsSpan((int)offset));
        end += RoundUp(bytes);
        return offset;
    }

    private static NTSTATUS GetList(
        SECURITY_DESCRIPTOR* descriptor, ushort present, ushort defaulted, BOOLEAN* isPresent, ACL** list,
        BOOLEAN* isDefaulted)
    {
        if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        *isPresent = (descriptor->Control & present) != 0;
        if (!*isPresent)
            return STATUS_SUCCESS;
        DescriptorParts parts = PartsOf(descriptor);
        *list = present == SE_DACL_PRESENT ? parts.Dacl : parts.Sacl;
        *isDefaulted = (descriptor->Control & defaulted) != 0;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS CheckAbsolute(SECURITY_DESCRIPTOR* descriptor) =>
        descriptor->Revision != SECURITY_DESCRIPTOR_REVISION ? STATUS_UNKNOWN_REVISION
        : (descriptor->Control & SE_SELF_RELATIVE) != 0 ? STATUS_INVALID_SECURITY_DESCR
        : STATUS_SUCCESS;

    private static void SetControl(SECURITY_DESCRIPTOR* descriptor, ushort bit, bool isSet) =>
        descriptor->Control = (ushort)(isSet ? descriptor->Control | bit : descriptor->Control & ~bit);

    private static DescriptorParts PartsOf(SECURITY_DESCRIPTOR* descriptor)
    {
        DescriptorParts parts = default;
        if ((descriptor->Control & SE_SELF_RELATIVE) != 0)
        {
            var relative = (SECURITY_DESCRIPTOR_RELATIVE*)descriptor;
            parts.Owner = (SID*)AtOffset(relative, relative->Owner);
            parts.Group = (SID*)AtOffset(relative, relative->Group);
            parts.Sacl = (ACL*)AtOffset(relative, relative->Sacl);
            parts.Dacl = (ACL*)AtOffset(relative, relative->Dacl);
        }
        else
        {
            parts.Owner = descriptor->Owner;
            parts.Group = descriptor->Group;
            parts.Sacl = descriptor->Sacl;
            parts.Dacl = descriptor->Dacl;
        }
        if ((descriptor->Control & SE_SACL_PRESENT) == 0)
            parts.Sacl = null;
        if ((descriptor->Control & SE_DACL_PRESENT) == 0)
            parts.Dacl = null;
        return parts;
    }

    private static bool IsPart(Bounds bounds, SID* sid, bool isRequired) =>
        sid == null ? !isRequired
        : bounds.Hold(sid, SidHeaderBytes) && bounds.Hold(sid, RtlLengthSid(sid)) && RtlValidSid(sid);

    private static bool IsPart(Bounds bounds, ACL* list, bool isRequired) =>
        list == null ? !isRequired
        : bounds.Hold(list, (uint)sizeof(ACL)) && bounds.Hold(list, list->AclSize)
            && TryFindAce(list, list->AceCount, out _);

    // Each part of a descriptor begins at a multiple of four.
    private static uint RoundUp(uint bytes) => (bytes + 3) & ~3u;

    private static void* AtOffset(SECURITY_DESCRIPTOR_RELATIVE* descriptor, uint offset) =>
        offset == 0 ? null : (byte*)descriptor + offset;

    private static uint SizeOf(ACL* list) =>
        list == null ? 0u : PointerCheck.Follow<ACL>(list, "an access control list")->AclSize;

    private static uint SizeOf(SID* sid) =>
        sid == null ? 0 : RtlLengthSid(PointerCheck.Follow<SID>(sid, "a security identifier"));

    private ref struct DescriptorParts
    {
        public SID* Owner;
        public SID* Group;
        public ACL* Sacl;
        public ACL* Dacl;

        /// <summary>Size of all of them, each rounded up to four.</summary>
        public readonly uint Bytes =>
            RoundUp(SizeOf(Owner)) + RoundUp(SizeOf(Group)) + RoundUp(SizeOf(Sacl)) + RoundUp(SizeOf(Dacl));
    }

    // What a descriptor may refer to.
    private readonly struct Bounds(ulong start, uint bytes)
    {
        public bool Hold(void* part, uint partBytes) =>
            (ulong)part - start <= bytes && partBytes <= bytes - ((ulong)part - start);
    }
}
