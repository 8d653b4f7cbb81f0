namespace Hil.Loader;

/// <summary>A driver image that is mapped and bound.</summary>
public sealed class NativeDriver : LoadedDriver
{
    private readonly ImageMapper _mapper;
    private readonly ImportBinder _binder;

    internal NativeDriver(NtKernel kernel, DriverRecord record, NativeModule module, ImageMapper mapper,
        ImportBinder binder)
        : base(kernel, record)
    {
        Module = module;
        _mapper = mapper;
        _binder = binder;
        record.DescribeImage(module);
    }

    /// <inheritdoc/>
    public override NativeModule Module { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<MissingImport> MissingImports => _binder.Missing;

    private protected override void OnInitialized() => _mapper.DiscardInitialization();

    private protected override void FreeCode()
    {
        Kernel.Pool.ReportLeaks(Module);
        Kernel.Modules.Remove(Module);
        _binder.Free();
        _mapper.Free();
    }
}
