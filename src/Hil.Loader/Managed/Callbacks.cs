namespace Hil.Loader;

/// <remarks>WDK: DRIVER_DISPATCH.</remarks>
public unsafe delegate NTSTATUS DRIVER_DISPATCH(DEVICE_OBJECT* deviceObject, IRP* irp);

/// <remarks>WDK: DRIVER_STARTIO; DRIVER_CANCEL has the same shape.</remarks>
public unsafe delegate void DRIVER_STARTIO(DEVICE_OBJECT* deviceObject, IRP* irp);

/// <remarks>WDK: DRIVER_ADD_DEVICE.</remarks>
public unsafe delegate NTSTATUS DRIVER_ADD_DEVICE(DRIVER_OBJECT* driverObject, DEVICE_OBJECT* physicalDeviceObject);

/// <remarks>WDK: DRIVER_UNLOAD.</remarks>
public unsafe delegate void DRIVER_UNLOAD(DRIVER_OBJECT* driverObject);

/// <remarks>WDK: IO_COMPLETION_ROUTINE.</remarks>
public unsafe delegate NTSTATUS IO_COMPLETION_ROUTINE(DEVICE_OBJECT* deviceObject, IRP* irp, void* context);

/// <remarks>WDK: KSERVICE_ROUTINE.</remarks>
public unsafe delegate BOOLEAN KSERVICE_ROUTINE(KINTERRUPT* interrupt, void* serviceContext);

/// <remarks>WDK: KMESSAGE_SERVICE_ROUTINE.</remarks>
public unsafe delegate BOOLEAN KMESSAGE_SERVICE_ROUTINE(KINTERRUPT* interrupt, void* serviceContext, uint messageId);

/// <remarks>WDK: KSYNCHRONIZE_ROUTINE.</remarks>
public unsafe delegate BOOLEAN KSYNCHRONIZE_ROUTINE(void* synchronizeContext);

/// <remarks>WDK: KDEFERRED_ROUTINE.</remarks>
public unsafe delegate void KDEFERRED_ROUTINE(KDPC* dpc, void* deferredContext, void* systemArgument1,
    void* systemArgument2);

/// <remarks>WDK: IO_DPC_ROUTINE.</remarks>
public unsafe delegate void IO_DPC_ROUTINE(KDPC* dpc, DEVICE_OBJECT* deviceObject, IRP* irp, void* context);

/// <remarks>WDK: IO_TIMER_ROUTINE; IO_WORKITEM_ROUTINE has the same shape.</remarks>
public unsafe delegate void IO_TIMER_ROUTINE(DEVICE_OBJECT* deviceObject, void* context);

/// <remarks>WDK: KSTART_ROUTINE.</remarks>
public unsafe delegate void KSTART_ROUTINE(void* startContext);

/// <remarks>WDK: DRIVER_CONTROL.</remarks>
public unsafe delegate IO_ALLOCATION_ACTION DRIVER_CONTROL(
    DEVICE_OBJECT* deviceObject, IRP* irp, void* mapRegisterBase, void* context);

/// <remarks>WDK: DRIVER_LIST_CONTROL.</remarks>
public unsafe delegate void DRIVER_LIST_CONTROL(
    DEVICE_OBJECT* deviceObject, IRP* irp, SCATTER_GATHER_LIST* scatterGather, void* context);
