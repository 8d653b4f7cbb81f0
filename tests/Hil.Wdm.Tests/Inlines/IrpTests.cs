using System.Runtime.InteropServices;

namespace Hil.Wdm.Tests;

public sealed unsafe class IrpTests : IDisposable
{
    private const sbyte StackSize = 3;

    private readonly IRP* _irp = (IRP*)NativeMemory.AllocZeroed(IoSizeOfIrp(StackSize));

    public IrpTests()
    {
        _irp->StackCount = StackSize;
        _irp->CurrentLocation = StackSize + 1;
        _irp->Tail.Overlay.CurrentStackLocation = Locations + StackSize;
        IoSetNextIrpStackLocation(_irp);
    }

    private IO_STACK_LOCATION* Locations => (IO_STACK_LOCATION*)(_irp + 1);

    public void Dispose() => NativeMemory.Free(_irp);

    [Fact]
    public void IrpAndStackLocationsLieTogether() => Assert.Equal(208 + 3 * 72, IoSizeOfIrp(StackSize));

    [Fact]
    public void FirstDriverGetsTheHighestLocationAndTheNextOneBelow()
    {
        Assert.Equal(StackSize, _irp->CurrentLocation);
        Assert.True(IoGetCurrentIrpStackLocation(_irp) == Locations + 2);
        Assert.True(IoGetNextIrpStackLocation(_irp) == Locations + 1);
    }

    [Fact]
    public void SkippingUndoesTheNextStep()
    {
        IO_STACK_LOCATION* current = IoGetCurrentIrpStackLocation(_irp);

        IoSkipCurrentIrpStackLocation(_irp);
        IoSetNextIrpStackLocation(_irp);

        Assert.True(IoGetCurrentIrpStackLocation(_irp) == current);
        Assert.Equal(StackSize, _irp->CurrentLocation);
    }

    [Fact]
    public void CopyingTakesParametersAndObjectsButNoCompletion()
    {
        IO_STACK_LOCATION* current = IoGetCurrentIrpStackLocation(_irp);
        current->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        current->Control = SL_PENDING_RETURNED | SL_INVOKE_ON_SUCCESS;
        current->Parameters.DeviceIoControl.IoControlCode = 0x222000;
        current->FileObject = (FILE_OBJECT*)0x10;
        current->CompletionRoutine = new DriverRoutine(0x20);
        current->Context = (void*)0x30;

        IoCopyCurrentIrpStackLocationToNext(_irp);

        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(_irp);
        Assert.Equal(IRP_MJ_DEVICE_CONTROL, next->MajorFunction);
        Assert.Equal(0x222000u, next->Parameters.DeviceIoControl.IoControlCode);
        Assert.True(next->FileObject == (FILE_OBJECT*)0x10);
        Assert.True(next->CompletionRoutine.IsNull);
        Assert.True(next->Context == null);
        Assert.Equal(0, next->Control);
    }

    [Theory]
    [InlineData(true, false, false, SL_INVOKE_ON_SUCCESS)]
    [InlineData(false, true, false, SL_INVOKE_ON_ERROR)]
    [InlineData(false, false, true, SL_INVOKE_ON_CANCEL)]
    [InlineData(true, true, true, SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL)]
    public void CompletionRoutineGoesIntoTheNextLocation(bool success, bool error, bool cancel, byte expected)
    {
        IoGetNextIrpStackLocation(_irp)->Control = 0xFF;

        IoSetCompletionRoutine(_irp, new DriverRoutine(0x1000), (void*)0x2000, success, error, cancel);

        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(_irp);
        Assert.Equal(0x1000UL, next->CompletionRoutine.Address);
        Assert.True(next->Context == (void*)0x2000);
        Assert.Equal(expected, next->Control);
    }

    [Fact]
    public void PendingIsMarkedInTheCurrentLocation()
    {
        IoMarkIrpPending(_irp);

        Assert.Equal(SL_PENDING_RETURNED, Locations[2].Control);
        Assert.Equal(0, Locations[1].Control);
    }

    [Fact]
    public void SettingACancelRoutineReturnsTheOldOne()
    {
        Assert.True(IoSetCancelRoutine(_irp, new DriverRoutine(1)).IsNull);
        Assert.Equal(1UL, IoSetCancelRoutine(_irp, new DriverRoutine(2)).Address);
        Assert.Equal(2UL, _irp->CancelRoutine.Address);
    }

    [Fact]
    public void OnlySomeErrorsAreTheUsersToMend()
    {
        Assert.True(IoIsErrorUserInduced(STATUS_NO_MEDIA_IN_DEVICE));
        Assert.False(IoIsErrorUserInduced(STATUS_IO_DEVICE_ERROR));
    }

    [Fact]
    public void ControlCodeIsTakenApartAsItWasPutTogether()
    {
        uint code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_READ_ACCESS);

        Assert.Equal(0x0022_6006u, code);
        Assert.Equal(METHOD_OUT_DIRECT, METHOD_FROM_CTL_CODE(code));
        Assert.Equal(FILE_DEVICE_UNKNOWN, DEVICE_TYPE_FROM_CTL_CODE(code));
        Assert.Equal(0x801u, IoGetFunctionCodeFromCtlCode(code));
    }
}
