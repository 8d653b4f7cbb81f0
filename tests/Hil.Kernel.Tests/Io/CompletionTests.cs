namespace Hil.Kernel.Tests.Io;

public sealed unsafe class CompletionTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;

    public CompletionTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = _machine.Run(() => new TestDriver(_machine));
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [TextCases("Io/completion.txt")]
    public void CompletionRoutineIsCalledWhenAFlagFits(string status, string cancelled, string flags, string called) =>
        _machine.Run(() =>
        {
            DEVICE_OBJECT* lower = Device((_, irp) =>
            {
                irp->Cancel = cancelled == "yes";
                return TestDriver.Complete(irp, Statuses.Parse(status));
            });
            DEVICE_OBJECT* upper = _driver.CreateDevice(above: lower);
            bool wasCalled = false;
            DriverRoutine middle = _driver.Completion((device, _, _) =>
            {
                wasCalled = true;
                Assert.True(device == upper);
                return STATUS_SUCCESS;
            });

            SendThrough(upper, lower, middle, flags);

            Assert.Equal(called == "yes", wasCalled);
        });

    [Fact]
    public void CompletionRoutinesAreCalledUpwardsWithTheDeviceThatSetThem() => _machine.Run(() =>
    {
        DEVICE_OBJECT* bottom = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
        DEVICE_OBJECT* middle = _driver.CreateDevice(above: bottom);
        DEVICE_OBJECT* top = _driver.CreateDevice(above: middle);
        var order = new List<ulong>();
        DriverRoutine note = _driver.Completion((device, _, context) =>
        {
            order.Add((ulong)device);
            return device == null ? STATUS_MORE_PROCESSING_REQUIRED : STATUS_SUCCESS;
        });
        PassOn(IRP_MJ_READ, device => device == top ? middle : device == middle ? bottom : null, note);
        IRP* irp = TestDriver.CreateIrp(top);
        IoSetCompletionRoutine(irp, note, null, true, true, true);

        IofCallDriver(top, irp);

        Assert.Equal([(ulong)middle, (ulong)top, 0], order);
        IoFreeIrp(irp);
    });

    [Fact]
    public void PendingIsCarriedUpwardsWhereNoRoutineIsCalled() => _machine.Run(() =>
    {
        DEVICE_OBJECT* lower = Device((_, irp) =>
        {
            IoMarkIrpPending(irp);
            TestDriver.Complete(irp, STATUS_SUCCESS);
            return STATUS_PENDING;
        });
        DEVICE_OBJECT* upper = _driver.CreateDevice(above: lower);
        PassOn(IRP_MJ_READ, device => device == upper ? lower : null, default);
        bool wasPending = false;
        IRP* irp = TestDriver.CreateIrp(upper);
        IoSetCompletionRoutine(irp, _driver.Completion((_, done, _) =>
        {
            wasPending = done->PendingReturned;
            return STATUS_MORE_PROCESSING_REQUIRED;
        }), null, true, true, true);

        NTSTATUS status = IofCallDriver(upper, irp);

        Assert.Equal(STATUS_PENDING, status);
        Assert.True(wasPending);
    });

    [Fact]
    public void PendingStopsAtACompletionRoutineThatDoesNotMarkTheIrp() => _machine.Run(() =>
    {
        DEVICE_OBJECT* lower = Device((_, irp) =>
        {
            IoMarkIrpPending(irp);
            TestDriver.Complete(irp, STATUS_SUCCESS);
            return STATUS_PENDING;
        });
        DEVICE_OBJECT* upper = _driver.CreateDevice(above: lower);
        bool below = false;
        DriverRoutine swallow = _driver.Completion((_, done, _) =>
        {
            below = done->PendingReturned;
            return STATUS_SUCCESS;
        });
        PassOn(IRP_MJ_READ, device => device == upper ? lower : null, swallow);
        bool above = true;
        IRP* irp = TestDriver.CreateIrp(upper);
        IoSetCompletionRoutine(irp, _driver.Completion((_, done, _) =>
        {
            above = done->PendingReturned;
            return STATUS_MORE_PROCESSING_REQUIRED;
        }), null, true, true, true);

        IofCallDriver(upper, irp);

        Assert.True(below);
        Assert.False(above);
    });

    [Fact]
    public void LocationIsClearedWhenItsDriverIsDone() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
        IRP* irp = TestDriver.CreateIrp(device);
        IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
        location->Parameters.Read.Length = 77;
        location->MinorFunction = 3;
        IoSetCompletionRoutine(irp, TakeBack(), null, true, true, true);

        IofCallDriver(device, irp);

        Assert.Equal(0u, location->Parameters.Read.Length);
        Assert.Equal(0, location->MinorFunction);
        Assert.Equal(0, location->Control);
    });

    [Fact]
    public void IrpTakenBackByItsOwnerCanBeSentAgain() => _machine.Run(() =>
    {
        int calls = 0;
        DEVICE_OBJECT* device = Device((_, irp) =>
        {
            calls++;
            return TestDriver.Complete(irp, STATUS_SUCCESS);
        });
        IRP* irp = TestDriver.CreateIrp(device);
        for (int i = 0; i < 3; i++)
        {
            IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
            IoSetCompletionRoutine(irp, TakeBack(), null, true, true, true);
            IofCallDriver(device, irp);
            IoReuseIrp(irp, STATUS_SUCCESS);
        }

        Assert.Equal(3, calls);
        IoFreeIrp(irp);
    });

    [Fact]
    public void LastAssociatedIrpCompletesItsMaster() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
        IRP* master = TestDriver.CreateIrp(device);
        bool isCompleted = false;
        IoSetCompletionRoutine(master, _driver.Completion((_, _, _) =>
        {
            isCompleted = true;
            return STATUS_MORE_PROCESSING_REQUIRED;
        }), null, true, true, true);
        IoSetNextIrpStackLocation(master);
        master->AssociatedIrp.IrpCount = 2;

        var states = new List<bool>();
        for (int i = 0; i < 2; i++)
        {
            IRP* part = IoMakeAssociatedIrp(master, device->StackSize);
            IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_READ;
            IofCallDriver(device, part);
            states.Add(isCompleted);
        }

        Assert.Equal([false, true], states);
    });

    [Fact]
    public void SecondCompletionIsMultipleIrpCompleteRequests()
    {
        ulong address = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                address = (ulong)irp;
                TestDriver.Complete(irp, STATUS_SUCCESS);
                return TestDriver.Complete(irp, STATUS_SUCCESS);
            });
            IRP* irp = IoBuildDeviceIoControlRequest(
                0, device, null, 0, null, 0, false, _machine.New<KEVENT>(), _machine.New<IO_STATUS_BLOCK>());
            _driver.Object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = _driver.Object->MajorFunction[IRP_MJ_READ];
            IofCallDriver(device, irp);
        });

        Assert.Equal(BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, report.Code);
        Assert.Equal(address, report.Parameter1);
    }

    [Fact]
    public void CompletionOfADriversOwnIrpAtTheTopOfItsStackIsMultipleIrpCompleteRequests()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
            IRP* irp = TestDriver.CreateIrp(device);
            IofCallDriver(device, irp); // No completion routine takes it back.
        });

        Assert.Equal(BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, report.Code);
    }

    [Fact]
    public void IrpWithoutALocationLeftIsNoMoreIrpStackLocations()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((self, irp) =>
            {
                IoCopyCurrentIrpStackLocationToNext(irp);
                return IofCallDriver(self, irp);
            });
            IofCallDriver(device, TestDriver.CreateIrp(device));
        });

        Assert.Equal(BugCheckCodes.NO_MORE_IRP_STACK_LOCATIONS, report.Code);
    }

    [Theory]
    [InlineData("STATUS_PENDING")]
    public void CompletionWithStatusPendingIsAnIoManagerViolation(string status)
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, Statuses.Parse(status)));
            IofCallDriver(device, TestDriver.CreateIrp(device));
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, report.Code);
        Assert.Equal(6u, report.Parameter1);
    }

    [Fact]
    public void CompletionWithACancelRoutineStillSetIsAnIoManagerViolation()
    {
        DriverRoutine cancel = _machine.Routine(() => { });
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                IoSetCancelRoutine(irp, cancel);
                return TestDriver.Complete(irp, STATUS_SUCCESS);
            });
            IofCallDriver(device, TestDriver.CreateIrp(device));
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, report.Code);
        Assert.Equal(7u, report.Parameter1);
        Assert.Equal(cancel.Address, report.Parameter2);
    }

    [Fact]
    public void FreedIrpThatIsFreedAgainIsMultipleIrpCompleteRequests()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IRP* irp = IoAllocateIrp(1, false);
            IoFreeIrp(irp);
            IoFreeIrp(irp);
        });

        Assert.Equal(BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, report.Code);
    }

    [Fact]
    public void FreedIrpThatIsSentIsAnIoManagerViolation()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
            IRP* irp = TestDriver.CreateIrp(device);
            IoFreeIrp(irp);
            IofCallDriver(device, irp);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, report.Code);
        Assert.Equal(3u, report.Parameter1);
    }

    [Fact]
    public void IrpOfTheIoManagerThatADriverFreesIsAnIoManagerViolation()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                IoFreeIrp(irp);
                return STATUS_SUCCESS;
            }, @"\Device\Freer");
            _machine.Kernel.Io.Open(@"\Device\Freer").Read(new byte[1]);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, report.Code);
        Assert.Equal(2u, report.Parameter1);
    }

    [Fact]
    public void WriteToAnIrpAfterItsCompletionIsFoundWhenTheFileIsClosed()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                TestDriver.Complete(irp, STATUS_SUCCESS);
                irp->IoStatus.Information = 1;
                return STATUS_SUCCESS;
            }, @"\Device\LateWriter");
            HilFile file = _machine.Kernel.Io.Open(@"\Device\LateWriter");
            file.Read(new byte[1]);
            _machine.Kernel.Objects.Handles.Close(file.Handle);
        });

        Assert.Equal(BugCheckCodes.DRIVER_CAUGHT_MODIFYING_FREED_POOL, report.Code);
        Assert.Contains("IRP #", report.Reason);
    }

    [Fact]
    public void WriteToAnIrpAfterItsCompletionIsFoundWhenOthersHaveBeenFreed()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IRP* freed = IoAllocateIrp(2, false);
            IoFreeIrp(freed);
            freed->Cancel = true;
            for (int i = 0; i < 100; i++)
                IoFreeIrp(IoAllocateIrp(1, false));
        });

        Assert.Equal(BugCheckCodes.DRIVER_CAUGHT_MODIFYING_FREED_POOL, report.Code);
    }

    [Fact]
    public void MajorFunctionThatADriverLeavesAloneIsAnInvalidDeviceRequest() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = _driver.CreateDevice();
        IRP* irp = TestDriver.CreateIrp(device, IRP_MJ_FLUSH_BUFFERS);
        IoSetCompletionRoutine(irp, TakeBack(), null, true, true, true);

        NTSTATUS status = IofCallDriver(device, irp);

        Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, status);
        Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, irp->IoStatus.Status);
    });

    [Theory]
    [TextCases("Io/completion.txt")]
    public void IoSetCompletionRoutineExCallsOnTheSameFlagsAndGivesItsReferenceBack(
        string status, string cancelled, string flags, string called) => _machine.Run(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                irp->Cancel = cancelled == "yes";
                return TestDriver.Complete(irp, Statuses.Parse(status));
            });
            KernelObject known = _machine.Kernel.Objects.Find(device)!;
            bool wasCalled = false;
            DriverRoutine routine = _driver.Completion((_, _, context) =>
            {
                wasCalled = true;
                Assert.Equal(5u, context);
                Assert.Equal(2, known.References);
                return STATUS_MORE_PROCESSING_REQUIRED;
            });
            IRP* irp = IoAllocateIrp((sbyte)(device->StackSize + 1), false);
            IoSetCompletionRoutine(irp, TakeBack(), null, true, true, true);
            IoSetNextIrpStackLocation(irp);
            IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;

            IoSetCompletionRoutineEx(
                device, irp, routine, (void*)5, flags.Contains('S'), flags.Contains('E'), flags.Contains('C'));
            IofCallDriver(device, irp);

            Assert.Equal(called == "yes", wasCalled);
            Assert.Equal(1, known.References);
        });

    [Theory]
    [InlineData("iosb")]
    [InlineData("event")]
    [InlineData("mdl")]
    public void WildPointerInAnIrpIsABugCheckAndNotACrashOfTheHost(string damage)
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) =>
            {
                if (damage == "iosb")
                    irp->UserIosb = (IO_STATUS_BLOCK*)0x1234;
                else if (damage == "event")
                    irp->UserEvent = (KEVENT*)ulong.MaxValue;
                else if (damage == "mdl")
                    irp->MdlAddress = (MDL*)0x1234;
                return TestDriver.Complete(irp, STATUS_SUCCESS);
            });
            IRP* irp = IoBuildSynchronousFsdRequest(
                IRP_MJ_READ, device, _machine.New<ulong>(), 8, null, _machine.New<KEVENT>(),
                _machine.New<IO_STATUS_BLOCK>());
            KeInitializeEvent(irp->UserEvent, EVENT_TYPE.NotificationEvent, false);
            IofCallDriver(device, irp);
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
    }

    [Theory]
    [InlineData(0x1234)]
    [InlineData(0x7FFF_FFFF_0000)]
    public void RequestToADeviceWhoseDriverObjectIsWildIsABugCheckAndNotACrashOfTheHost(ulong driver)
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device =
                Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS), @"\Device\Damaged");
            HilFile file = _machine.Kernel.Io.Open(@"\Device\Damaged");
            device->DriverObject = (DRIVER_OBJECT*)driver;
            file.Read(new byte[1]);
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
        Assert.Contains("DeviceObject->DriverObject", report.Reason);
    }

    [Fact]
    public void IrpWithADamagedStackPointerIsAnIoManagerViolation()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_SUCCESS));
            IRP* irp = TestDriver.CreateIrp(device);
            irp->Tail.Overlay.CurrentStackLocation += 5;
            IofCallDriver(device, irp);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, report.Code);
    }

    [Fact]
    public void SynchronousRequestThatFailsAtOnceReportsOnlyThroughItsResult() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = Device((_, irp) => TestDriver.Complete(irp, STATUS_UNSUCCESSFUL));
        KEVENT* done = _machine.New<KEVENT>();
        KeInitializeEvent(done, EVENT_TYPE.NotificationEvent, false);
        IO_STATUS_BLOCK* iosb = _machine.New<IO_STATUS_BLOCK>();
        IRP* irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, _machine.New<ulong>(), 8, null, done, iosb);

        NTSTATUS status = IofCallDriver(device, irp);

        Assert.Equal(STATUS_UNSUCCESSFUL, status);
        Assert.Equal(0, KeReadStateEvent(done));
        Assert.Equal(STATUS_SUCCESS, iosb->Status);
    });

    [Fact]
    public void SynchronousRequestThatFailsLateReportsThroughBlockAndEvent() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = Device((_, irp) =>
        {
            IoMarkIrpPending(irp);
            TestDriver.Complete(irp, STATUS_UNSUCCESSFUL);
            return STATUS_PENDING;
        });
        KEVENT* done = _machine.New<KEVENT>();
        KeInitializeEvent(done, EVENT_TYPE.NotificationEvent, false);
        IO_STATUS_BLOCK* iosb = _machine.New<IO_STATUS_BLOCK>();
        IRP* irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, _machine.New<ulong>(), 8, null, done, iosb);

        NTSTATUS status = IofCallDriver(device, irp);

        Assert.Equal(STATUS_PENDING, status);
        Assert.Equal(1, KeReadStateEvent(done));
        Assert.Equal(STATUS_UNSUCCESSFUL, iosb->Status);
    });

    [Fact]
    public void IoSynchronousCallDriverWaitsForALateCompletion() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = Device((_, irp) =>
        {
            IoMarkIrpPending(irp);
            ulong late = (ulong)irp;
            _machine.StartThread(() => TestDriver.Complete((IRP*)late, STATUS_DEVICE_BUSY));
            return STATUS_PENDING;
        });
        IRP* irp = TestDriver.CreateIrp(device);

        NTSTATUS status = IoSynchronousCallDriver(device, irp);

        Assert.Equal(STATUS_DEVICE_BUSY, status);
        IoFreeIrp(irp);
    });

    private DEVICE_OBJECT* Device(DispatchRoutine read, string? name = null)
    {
        _driver.On(IRP_MJ_READ, read);
        return _driver.CreateDevice(name);
    }

    private DriverRoutine TakeBack() => _driver.Completion((_, _, _) => STATUS_MORE_PROCESSING_REQUIRED);

    // Sends an IRP to upper, which passes it to lower with a completion routine of its own.
    private void SendThrough(DEVICE_OBJECT* upper, DEVICE_OBJECT* lower, DriverRoutine routine, string flags)
    {
        IRP* irp = TestDriver.CreateIrp(upper);
        IoSetCompletionRoutine(irp, TakeBack(), null, true, true, true);
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->DeviceObject = upper;
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, routine, null, flags.Contains('S'), flags.Contains('E'), flags.Contains('C'));
        IofCallDriver(lower, irp);
        IoFreeIrp(irp);
    }

    private delegate DEVICE_OBJECT* Below(DEVICE_OBJECT* device);

    // Makes the dispatch routine pass IRPs on to a lower device, if there is one, else do what it did.
    private void PassOn(byte major, Below below, DriverRoutine completion)
    {
        DriverRoutine bottom = _driver.Object->MajorFunction[major];
        _driver.On(major, (device, irp) =>
        {
            DEVICE_OBJECT* lower = below(device);
            if (lower == null)
                return new NTSTATUS((uint)Processor.Current.Call(bottom, device, irp));
            IoCopyCurrentIrpStackLocationToNext(irp);
            IoGetNextIrpStackLocation(irp)->CompletionRoutine = default;
            if (!completion.IsNull)
                IoSetCompletionRoutine(irp, completion, null, true, true, true);
            return IofCallDriver(lower, irp);
        });
    }
}
