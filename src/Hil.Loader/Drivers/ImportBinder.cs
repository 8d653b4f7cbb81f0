namespace Hil.Loader;

// Where an import leads, in this order: an export of a driver that is already loaded; a routine of the guest support
// image (leaf routines, no crossing to the host); a kernel export through its stub; an exported variable's address.
// What nothing provides gets a stop of its own: a gate routine that bug-checks with the import's, the driver's and the
// caller's name. A variable that is missing gets an address on an unmapped page instead, so that looking at it faults.

/// <summary>Finds the addresses behind one image's imports.</summary>
internal sealed unsafe class ImportBinder
{
    /// <summary>A forwarder may lead to a forwarder; a ring of them leads nowhere.</summary>
    private const int ForwardersMax = 8;

    private readonly NtKernel _kernel;
    private readonly DriverImage _image;
    private readonly List<MissingImport> _missing = [];
    private readonly List<DriverRoutine> _stops = [];
    private readonly List<(uint SlotRva, ulong Address)> _bound = [];
    private ulong _unmappedPage;

    public ImportBinder(NtKernel kernel, DriverImage image)
    {
        _kernel = kernel;
        _image = image;
        foreach (ImportedModule module in image.Imports)
            RefuseFramework(module.Module);
    }

    public IReadOnlyList<MissingImport> Missing => _missing;

    /// <summary>The address for each slot of the import address tables.</summary>
    public IReadOnlyList<(uint SlotRva, ulong Address)> Bind()
    {
        foreach (ImportedModule module in _image.Imports)
        foreach (DriverImport import in module.Imports)
            _bound.Add((import.SlotRva, Resolve(module.Module, import.ToString())));
        return _bound;
    }

    /// <summary>Takes the stops back when the image goes.</summary>
    public void Free()
    {
        foreach (DriverRoutine stop in _stops)
            _kernel.Gate.Unregister(stop);
        _stops.Clear();
        if (_unmappedPage != 0)
            _kernel.Pages.Free(_unmappedPage, PAGE_SIZE);
        _unmappedPage = 0;
    }

    private ulong Resolve(string module, string name)
    {
        if (TryFindInDriver(module, name, 0, out ulong address) || TryFindInKernel(module, name, out address))
            return address;
        var missing = new MissingImport(module, name, FindDriver(module) == null && !IsKernelModule(module));
        _missing.Add(missing);
        if (KernelVariables.Contains(name))
            return UnmappedPage();
        _stops.Add(RegisterStop(missing));
        return _stops[^1].Address;
    }

    private ulong UnmappedPage()
    {
        if (_unmappedPage == 0)
            _unmappedPage = _kernel.Pages.Allocate(PAGE_SIZE, PageAccess.None);
        return _unmappedPage;
    }

    private DriverRoutine RegisterStop(MissingImport missing)
    {
        try
        {
            return _kernel.Gate.Register(_ => Stop(missing));
        }
        catch (InvalidOperationException e)
        {
            throw new BadDriverImageException(_image.Path, 0,
                $"{_missing.Count} of its imports are missing, {missing} among them: no stubs are left to mark them",
                "Check with `hil exports` whether this driver was made for Windows", e);
        }
    }

    private bool TryFindInDriver(string module, string name, int forwarders, out ulong address)
    {
        address = 0;
        if (FindDriver(module) is not { } driver || !driver.TryFindExport(name, out address, out string? forwarder))
            return false;
        if (forwarder == null)
            return true;
        int dot = forwarder.LastIndexOf('.');
        if (dot < 0 || forwarders == ForwardersMax)
            return false;
        string target = forwarder[..dot];
        string targetName = forwarder[(dot + 1)..];
        return TryFindInDriver(target + ".sys", targetName, forwarders + 1, out address)
            || TryFindInKernel(target + ".exe", targetName, out address)
            || TryFindInKernel(target + ".dll", targetName, out address);
    }

    private bool TryFindInKernel(string module, string name, out ulong address)
    {
        address = 0;
        if (ExportTable.TryFind(name, out int id)
            && (IsKernelModule(module) || IsSameModule(ExportTable.Functions[id].Module, module)))
        {
            ulong guestRoutine = _kernel.Services.VirtualProcessor.FindGuestRoutine(name);
            address = guestRoutine != 0 ? guestRoutine : _kernel.Gate.AddressOf((uint)id);
            return true;
        }
        if (!IsKernelModule(module))
            return false;
        address = _kernel.Services.VirtualProcessor.FindGuestRoutine(name);
        return address != 0 || _kernel.Data.TryFind(name, out address);
    }

    private NativeModule? FindDriver(string module)
    {
        foreach (LoadedModule loaded in _kernel.Modules.All)
        {
            if (loaded is NativeModule driver && IsSameModule(driver.Name, module))
                return driver;
        }
        return null;
    }

    // The kernel and the HAL are one here, as they are in Windows 10 2004 and later, where hal.dll only forwards.
    private static bool IsKernelModule(string module) =>
        IsSameModule(module, "ntoskrnl.exe") || IsSameModule(module, "hal.dll");

    private static bool IsSameModule(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private void RefuseFramework(string module)
    {
        if (IsSameModule(module, "WDFLDR.SYS"))
            throw new BadDriverImageException(_image.Path, 0,
                "This is a KMDF driver: it imports WDFLDR.SYS, the framework's loader",
                "Hil runs WDM drivers; it does not provide the framework");
    }

    private ulong Stop(MissingImport import)
    {
        ulong caller = _kernel.Processor.DriverRip;
        string advice = import.IsModuleAbsent ? $"load {import.Module} first" : "Hil does not provide it";
        _kernel.BugCheck(BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, (uint)STATUS_DRIVER_ENTRYPOINT_NOT_FOUND.Value,
            caller, 0, 0,
            $"{_image.FileName} called {import} at {_kernel.Modules.Describe(caller)}: {advice}");
        return 0;
    }
}
