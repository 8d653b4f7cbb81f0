namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint SecurityTag = 0x63536553; // 'SeSc'

    /// <summary>An object's security descriptor in self-relative form; null if nobody has set one.</summary>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: ObGetObjectSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObGetObjectSecurity(void* @object, void** securityDescriptor, BOOLEAN* memoryAllocated)
    {
        byte[]? descriptor = NtKernel.Current.Objects.Require(@object).SecurityDescriptor;
        *securityDescriptor = descriptor == null ? null : CopyToPool(descriptor, POOL_TYPE.PagedPool);
        *memoryAllocated = *securityDescriptor != null;
        return descriptor != null && *securityDescriptor == null ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    /// <summary>Sets parts of an object's security descriptor.</summary>
    /// <param name="securityInformation">Which parts: OWNER_, GROUP_, DACL_ and SACL_SECURITY_INFORMATION.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_UNKNOWN_REVISION, STATUS_INVALID_SECURITY_DESCR.</returns>
    /// <remarks>WDK: ZwSetSecurityObject. Drivers' handles allow everything.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetSecurityObject(
        void* handle, uint securityInformation, SECURITY_DESCRIPTOR* securityDescriptor)
    {
        KernelObject? target = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        if (securityDescriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
            return STATUS_UNKNOWN_REVISION;
        if (!RtlValidSecurityDescriptor(securityDescriptor))
            return STATUS_INVALID_SECURITY_DESCR;
        target.SecurityDescriptor = Merge(target.SecurityDescriptor, securityDescriptor, securityInformation);
        return STATUS_SUCCESS;
    }

    /// <summary>Reads parts of an object's security descriptor, in self-relative form.</summary>
    /// <param name="lengthNeeded">Gets the size that all of it takes.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_BUFFER_TOO_SMALL.</returns>
    /// <remarks>WDK: ZwQuerySecurityObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQuerySecurityObject(
        void* handle, uint securityInformation, void* securityDescriptor, uint length, uint* lengthNeeded)
    {
        KernelObject? target = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        byte[] chosen = Choose(target.SecurityDescriptor, securityInformation);
        *lengthNeeded = (uint)chosen.Length;
        if (length < chosen.Length)
            return STATUS_BUFFER_TOO_SMALL;
        chosen.CopyTo(BytesOf(securityDescriptor, (uint)chosen.Length, "SecurityDescriptor"));
        return STATUS_SUCCESS;
    }

    /// <summary>Gives back what ObGetObjectSecurity gave.</summary>
    /// <remarks>WDK: ObReleaseObjectSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void ObReleaseObjectSecurity(void* securityDescriptor, BOOLEAN memoryAllocated)
    {
        if (memoryAllocated)
            ExFreePool(securityDescriptor);
    }

    private static byte[] Choose(byte[]? descriptor, uint information) =>
        Combine(descriptor, information, null, 0);

    private static byte[] Merge(byte[]? before, SECURITY_DESCRIPTOR* with, uint information) =>
        Combine(before, ~information, with, information);

    // What is kept on the host's side is read where driver memory is: pointers to there are checked like all others.
    private static byte[] Combine(byte[]? kept, uint keptParts, SECURITY_DESCRIPTOR* other, uint otherParts)
    {
        SECURITY_DESCRIPTOR combined = new() { Revision = (byte)SECURITY_DESCRIPTOR_REVISION };
        void* copy = kept == null ? null : CopyToPool(kept, POOL_TYPE.NonPagedPoolNx);
        Invariant.Holds(kept == null || copy != null, "there is room for a security descriptor");
        if (copy != null)
            Take(&combined, (SECURITY_DESCRIPTOR*)copy, keptParts);
        if (other != null)
            Take(&combined, other, otherParts);
        byte[] relative = ToSelfRelative(&combined);
        if (copy != null)
            ExFreePool(copy);
        return relative;
    }

    private static void Take(SECURITY_DESCRIPTOR* to, SECURITY_DESCRIPTOR* from, uint information)
    {
        DescriptorParts parts = PartsOf(from);
        ushort control = 0;
        if ((information & OWNER_SECURITY_INFORMATION) != 0)
        {
            to->Owner = parts.Owner;
            control |= SE_OWNER_DEFAULTED;
        }
        if ((information & GROUP_SECURITY_INFORMATION) != 0)
        {
            to->Group = parts.Group;
            control |= SE_GROUP_DEFAULTED;
        }
        if ((information & DACL_SECURITY_INFORMATION) != 0)
        {
            to->Dacl = parts.Dacl;
            control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
        }
        if ((information & SACL_SECURITY_INFORMATION) != 0)
        {
            to->Sacl = parts.Sacl;
            control |= SE_SACL_PRESENT | SE_SACL_DEFAULTED;
        }
        to->Control |= (ushort)(from->Control & control);
    }

    private static void* CopyToPool(byte[] bytes, POOL_TYPE poolType)
    {
        void* copy = ExAllocatePoolWithTag(poolType, (nuint)bytes.Length, SecurityTag);
        if (copy != null)
            bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }
}
