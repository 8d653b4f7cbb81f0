namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Adds a reference to an object; returns the new count.</summary>
    /// <remarks>WDK: ObReferenceObject, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static long ObfReferenceObject(void* @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject target = objects.Require(@object);
        objects.Reference(target);
        return target.References;
    }

    /// <summary>Gives a reference back; returns the new count. The last one deletes the object.</summary>
    /// <remarks>WDK: ObDereferenceObject, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static long ObfDereferenceObject(void* @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject target = objects.Require(@object);
        objects.Dereference(target);
        return target.References;
    }

    /// <inheritdoc cref="ObfDereferenceObject"/>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static long ObDereferenceObject(void* @object) => ObfDereferenceObject(@object);

    /// <summary>Gives a reference back; the last one deletes the object on a worker, never on the caller's
    /// stack.</summary>
    /// <remarks>WDK: ObDereferenceObjectDeferDelete.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ObDereferenceObjectDeferDelete(void* @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        objects.DereferenceDeferDelete(objects.Require(@object));
    }

    // Tags name the holders of references to who looks at a dump; they change nothing else.

    /// <inheritdoc cref="ObfReferenceObject"/>
    /// <remarks>WDK: ObReferenceObjectWithTag, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static long ObfReferenceObjectWithTag(void* @object, uint tag) => ObfReferenceObject(@object);

    /// <inheritdoc cref="ObfDereferenceObject"/>
    /// <remarks>WDK: ObDereferenceObjectWithTag, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static long ObfDereferenceObjectWithTag(void* @object, uint tag) => ObfDereferenceObject(@object);

    /// <inheritdoc cref="ObDereferenceObjectDeferDelete"/>
    /// <remarks>WDK: ObDereferenceObjectDeferDeleteWithTag.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ObDereferenceObjectDeferDeleteWithTag(void* @object, uint tag) =>
        ObDereferenceObjectDeferDelete(@object);

    /// <inheritdoc cref="ObReferenceObjectByPointer"/>
    /// <remarks>WDK: ObReferenceObjectByPointerWithTag.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ObReferenceObjectByPointerWithTag(
        void* @object, uint desiredAccess, void* objectType, KPROCESSOR_MODE accessMode, uint tag) =>
        ObReferenceObjectByPointer(@object, desiredAccess, objectType, accessMode);

    /// <summary>Adds a reference to an object if it is of the expected type.</summary>
    /// <returns>STATUS_OBJECT_TYPE_MISMATCH if it is not.</returns>
    /// <remarks>WDK: ObReferenceObjectByPointer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ObReferenceObjectByPointer(
        void* @object, uint desiredAccess, void* objectType, KPROCESSOR_MODE accessMode)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject target = objects.Require(@object);
        if (!IsOfType(objects, target, objectType))
            return STATUS_OBJECT_TYPE_MISMATCH;
        objects.Reference(target);
        return STATUS_SUCCESS;
    }

    // A null type means that any will do.
    private static bool IsOfType(ObjectTable objects, KernelObject target, void* objectType) =>
        objectType == null || (objects.TryFindType(objectType, out ObjectType type) && type == target.Type);
}
