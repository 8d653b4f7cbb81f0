namespace Hil.Kernel;

/// <summary>What a driver says of its data blocks, in its WMILIB_CONTEXT and in DpWmiQueryReginfo, as the WMIREGINFO
/// that WMI asks for.</summary>
internal unsafe ref struct WmilibRegistration(WMILIB_CONTEXT* context)
{
    private const uint Tag = 0x52_6D_57_49; // IWmR

    private Answer* _answer;

    public readonly void Dispose()
    {
        if (_answer == null)
            return;
        if (_answer->InstanceName.Buffer != null)
            Ntoskrnl.ExFreePool(_answer->InstanceName.Buffer);
        NtKernel.Current.Pool.Free(_answer);
    }

    public NTSTATUS Ask(DEVICE_OBJECT* device)
    {
        NtKernel kernel = NtKernel.Current;
        _answer = (Answer*)kernel.Pool.Allocate((nuint)sizeof(Answer), Tag, zero: true);
        if (_answer == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        return new NTSTATUS((uint)kernel.Processor.Call(
            context->QueryWmiRegInfo,
            [
                (ulong)device, (ulong)&_answer->Flags, (ulong)&_answer->InstanceName, (ulong)&_answer->RegistryPath,
                (ulong)&_answer->MofResourceName, (ulong)&_answer->Pdo,
            ]));
    }

    /// <param name="referencesDevices">IRP_MN_REGINFO_EX: WMI dereferences the devices that name instances.</param>
    /// <returns>STATUS_BUFFER_TOO_SMALL, with the number of bytes needed in the buffer.</returns>
    public readonly NTSTATUS Write(byte* buffer, uint bytes, bool referencesDevices, out nuint information)
    {
        information = 0;
        string mof = DriverString.Read(&_answer->MofResourceName);
        string path = _answer->RegistryPath == null ? "" : DriverString.Read(_answer->RegistryPath);
        string baseName = DriverString.Read(&_answer->InstanceName);
        uint mofAt = RegistrationInfo.BlocksOffset + context->GuidCount * (uint)sizeof(WMIREGGUIDW);
        uint pathAt = mofAt + CountedText.BytesOf(mof);
        uint nameAt = pathAt + CountedText.BytesOf(path);
        uint needed = nameAt + CountedText.BytesOf(baseName);
        if (bytes < sizeof(uint))
            return STATUS_BUFFER_TOO_SMALL;
        DriverMemory.RequireWritable(buffer, bytes, nameof(Wmilib.WmiSystemControl));
        *(uint*)buffer = needed; // BufferSize, when all of it is there.
        information = needed > bytes ? sizeof(uint) : needed;
        if (needed > bytes)
            return STATUS_BUFFER_TOO_SMALL;
        uint* info = (uint*)buffer;
        info[1] = 0;
        info[2] = pathAt;
        info[3] = mofAt;
        info[RegistrationInfo.CountOffset / sizeof(uint)] = context->GuidCount;
        CountedText.Write(buffer + mofAt, mof);
        CountedText.Write(buffer + pathAt, path);
        CountedText.Write(buffer + nameAt, baseName);
        WriteBlocks((WMIREGGUIDW*)(buffer + RegistrationInfo.BlocksOffset), nameAt, referencesDevices);
        return STATUS_SUCCESS;
    }

    private readonly void WriteBlocks(WMIREGGUIDW* blocks, uint nameAt, bool referencesDevices)
    {
        for (uint i = 0; i < context->GuidCount; i++)
        {
            WMIGUIDREGINFO* said = &context->GuidList[i];
            uint flags = said->Flags | _answer->Flags;
            blocks[i] = new WMIREGGUIDW
            {
                Guid = *PointerCheck.Follow<Guid>(said->Guid, "Guid"), Flags = flags,
                InstanceCount = said->InstanceCount,
            };
            if ((flags & RegistrationInfo.InstancePdo) != 0)
            {
                blocks[i].InstanceInfo = (nuint)_answer->Pdo;
                if (referencesDevices && _answer->Pdo != null)
                    Ntoskrnl.ObfReferenceObject(_answer->Pdo);
            }
            else if ((flags & RegistrationInfo.InstanceBaseName) != 0)
            {
                blocks[i].InstanceInfo = nameAt;
            }
        }
    }

    // What the driver writes to, so it lies in the driver's memory.
    private struct Answer
    {
        public UNICODE_STRING InstanceName;
        public UNICODE_STRING MofResourceName;
        public UNICODE_STRING* RegistryPath;
        public DEVICE_OBJECT* Pdo;
        public uint Flags;
    }
}
