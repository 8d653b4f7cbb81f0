namespace Hil.Kernel;

// The way of an operation on a key past the registry callbacks. Without any the operation is all there is.

public static unsafe partial class Ntoskrnl
{
    private const uint NotificationTag = 0x6E434D43; // 'CMCn'
    private const int CommonTailBytes = 3 * sizeof(ulong); // CallContext, ObjectContext, Reserved.

    /// <summary>Carries out an operation on the key of a handle.</summary>
    /// <param name="information">All but the object and the contexts, which begin and end it.</param>
    private static NTSTATUS Filter<T>(
        void* keyHandle, REG_NOTIFY_CLASS before, REG_NOTIFY_CLASS after, T information, Func<NTSTATUS> operation)
        where T : unmanaged
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.RegistryCallbacks.Any)
            return operation();
        KernelObject? target = kernel.Objects.Handles.Find((ulong)keyHandle);
        if (target is not { Payload: RegistryKey })
            return operation(); // Which says what is wrong with the handle.
        T* copy = kernel.Objects.GiveBody(target) ? CopyNotification(information) : null;
        if (copy == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        *(ulong*)copy = target.Address; // The Object that each of these structures begins with.
        kernel.Objects.Reference(target);
        NTSTATUS status = kernel.RegistryCallbacks.Run(
            new RegistryNotification(before, after, target, (nint)copy, sizeof(T) - CommonTailBytes), operation);
        kernel.Objects.Dereference(target);
        kernel.Pool.Free(copy);
        return status;
    }

    /// <summary>Creates or opens a key by name; a callback may have done so itself and give the object.</summary>
    private static NTSTATUS FilterOpen(
        REG_NOTIFY_CLASS before, void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* attributes, uint options,
        UNICODE_STRING* @class, uint* disposition, Func<NTSTATUS> operation)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.RegistryCallbacks.Any)
            return operation();
        KernelObject? root = attributes->RootDirectory == null
            ? kernel.Objects.Add(ObjectType.Key, null, kernel.Registry.Root)
            : kernel.Objects.Handles.Find((ulong)attributes->RootDirectory);
        if (root is not { Payload: RegistryKey })
            return operation();
        if (attributes->RootDirectory != null)
            kernel.Objects.Reference(root);
        REG_CREATE_KEY_INFORMATION_V1* information = kernel.Objects.GiveBody(root)
            ? DescribeOpen(root, desiredAccess, attributes)
            : null;
        if (information == null)
        {
            kernel.Objects.Dereference(root);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        information->Options = options;
        information->Class = @class;
        information->Disposition = disposition;
        int contextOffset = (int)((byte*)&information->CallContext - (byte*)information);
        KernelObject? opened = null;
        NTSTATUS status = kernel.RegistryCallbacks.Run(
            new RegistryNotification(before, before + 1, root, (nint)information, contextOffset),
            () => Remember(operation(), keyHandle, out opened),
            () => Remember(TakeOpened(information, keyHandle), keyHandle, out opened),
            () => opened);
        if (opened != null && !status.IsSuccess)
            ZwClose(*keyHandle);
        kernel.Objects.Dereference(root);
        kernel.Pool.Free(information);
        return status;
    }

    private static NTSTATUS Remember(NTSTATUS status, void** keyHandle, out KernelObject? opened)
    {
        opened = status.IsSuccess ? NtKernel.Current.Objects.Handles.Find((ulong)*keyHandle) : null;
        return status;
    }

    // The callback's reference becomes the handle's.
    private static NTSTATUS TakeOpened(REG_CREATE_KEY_INFORMATION_V1* information, void** keyHandle)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        if (objects.Find(*(void**)(information + 1)) is not { Payload: RegistryKey } given)
            return STATUS_INVALID_PARAMETER;
        *keyHandle = (void*)objects.Handles.Open(given, information->GrantedAccess);
        objects.Dereference(given);
        return STATUS_SUCCESS;
    }

    // What ResultObject points to follows the structure; a driver may write elsewhere what is not believed.
    private static REG_CREATE_KEY_INFORMATION_V1* DescribeOpen(
        KernelObject root, uint desiredAccess, OBJECT_ATTRIBUTES* attributes)
    {
        NtKernel kernel = NtKernel.Current;
        var information = (REG_CREATE_KEY_INFORMATION_V1*)kernel.Pool.Allocate(
            (nuint)sizeof(REG_CREATE_KEY_INFORMATION_V1) + sizeof(ulong), NotificationTag, zero: true);
        if (information == null)
            return null;
        information->CompleteName = information->RemainingName = attributes->ObjectName;
        information->RootObject = (void*)root.Address;
        information->ObjectType = (void*)kernel.Objects.AddressOf(ObjectType.Key);
        information->SecurityDescriptor = attributes->SecurityDescriptor;
        information->SecurityQualityOfService = attributes->SecurityQualityOfService;
        information->DesiredAccess = information->GrantedAccess = desiredAccess;
        information->ResultObject = (void**)(information + 1);
        information->Version = 1;
        information->Attributes = attributes->Attributes;
        return information;
    }

    private static T* CopyNotification<T>(T information)
        where T : unmanaged
    {
        var copy = (T*)NtKernel.Current.Pool.Allocate((nuint)sizeof(T), NotificationTag, zero: true);
        if (copy != null)
            *copy = information;
        return copy;
    }
}
