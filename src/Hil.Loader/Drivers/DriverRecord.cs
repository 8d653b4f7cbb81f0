namespace Hil.Loader;

// The kernel's record of one driver, in driver-visible memory: DRIVER_OBJECT, DRIVER_EXTENSION, the loader's entry
// behind DriverSection, and the strings they point to, together in one block that lives as long as the driver is
// loaded.

/// <summary>The driver-visible structures of one loaded driver.</summary>
internal sealed unsafe class DriverRecord
{
    private const int NameCharsMax = 256;

    private const string HardwareKey = @"\Registry\Machine\Hardware\Description\System";

    private readonly NtKernel _kernel;
    private readonly Block* _block;

    public DriverRecord(NtKernel kernel, string serviceName)
    {
        _kernel = kernel;
        ServiceName = serviceName;
        _block = (Block*)kernel.Pages.Allocate((nuint)sizeof(Block), PageAccess.ReadWrite);
        if (_block == null)
            throw new InvalidOperationException("the RAM window has no room for another driver object");
        _block->Driver.Type = IO_TYPE_DRIVER;
        _block->Driver.Size = (short)sizeof(DRIVER_OBJECT);
        _block->Driver.DriverExtension = &_block->Extension;
        _block->Extension.DriverObject = &_block->Driver;
        SetString(&_block->Driver.DriverName, &_block->NameChars, @"\Driver\" + serviceName);
        SetString(&_block->Extension.ServiceKeyName, &_block->ServiceChars, serviceName);
        SetString(&_block->Hardware, &_block->HardwareChars, HardwareKey);
        _block->Driver.HardwareDatabase = &_block->Hardware;
    }

    public string ServiceName { get; }

    public string RegistryPath => $@"{Registry.ServicesPath}\{ServiceName}";

    public DRIVER_OBJECT* Object => &_block->Driver;

    /// <summary>Says where the image is and where it starts.</summary>
    public void DescribeImage(NativeModule module)
    {
        DriverImage image = module.Image;
        _block->Driver.DriverStart = (void*)module.Base;
        _block->Driver.DriverSize = image.SizeOfImage;
        _block->Driver.DriverInit = new DriverRoutine(module.Base + image.EntryRva);
        _block->Driver.DriverSection = &_block->Section;
        LDR_DATA_TABLE_ENTRY* entry = &_block->Section;
        InitializeListHead(&entry->InLoadOrderLinks);
        entry->DllBase = (void*)module.Base;
        entry->EntryPoint = (void*)(module.Base + image.EntryRva);
        entry->SizeOfImage = entry->SizeOfImageNotRounded = image.SizeOfImage;
        entry->CheckSum = image.Checksum;
        entry->TimeDateStamp = image.TimeDateStamp;
        entry->LoadCount = 1;
        SetString(&entry->FullDllName, &_block->FullNameChars, @"\SystemRoot\System32\drivers\" + image.FileName);
        SetString(&entry->BaseDllName, &_block->BaseNameChars, image.FileName);
    }

    /// <summary>Makes the service's key as an installation leaves it: a kernel driver, started on demand.</summary>
    public void CreateServiceKey(string fileName)
    {
        RegistryKey key = _kernel.Registry.CreateService(ServiceName);
        key.SetString("ImagePath", @"system32\drivers\" + fileName);
        key.SetDword("Type", 1);
        key.SetDword("Start", 3);
        key.SetDword("ErrorControl", 1);
    }

    public void Free() => _kernel.Pages.Free((ulong)_block, (nuint)sizeof(Block));

    private static void SetString(UNICODE_STRING* target, CharBuffer* buffer, string value)
    {
        value.AsSpan(0, Math.Min(value.Length, NameCharsMax - 1)).CopyTo(*buffer);
        target->Buffer = (char*)buffer;
        target->Length = (ushort)(Math.Min(value.Length, NameCharsMax - 1) * sizeof(char));
        target->MaximumLength = (ushort)(target->Length + sizeof(char));
    }

    [System.Runtime.CompilerServices.InlineArray(NameCharsMax)]
    private struct CharBuffer
    {
        private char _element0;
    }

    private struct Block
    {
        public DRIVER_OBJECT Driver;
        public DRIVER_EXTENSION Extension;
        public LDR_DATA_TABLE_ENTRY Section;
        public UNICODE_STRING Hardware;
        public CharBuffer NameChars;
        public CharBuffer ServiceChars;
        public CharBuffer HardwareChars;
        public CharBuffer FullNameChars;
        public CharBuffer BaseNameChars;
    }
}
