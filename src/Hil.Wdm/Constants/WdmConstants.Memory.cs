namespace Hil.Wdm;

// Constants of wdm.h for memory and pool.
public static partial class WdmConstants
{
    // Pages.
    public const uint PAGE_SIZE = 4096;
    public const uint PAGE_SHIFT = 12;

    // MDL.MdlFlags.
    public const short MDL_MAPPED_TO_SYSTEM_VA = 0x0001;
    public const short MDL_PAGES_LOCKED = 0x0002;
    public const short MDL_SOURCE_IS_NONPAGED_POOL = 0x0004;
    public const short MDL_ALLOCATED_FIXED_SIZE = 0x0008;
    public const short MDL_PARTIAL = 0x0010;
    public const short MDL_PARTIAL_HAS_BEEN_MAPPED = 0x0020;
    public const short MDL_IO_PAGE_READ = 0x0040;
    public const short MDL_WRITE_OPERATION = 0x0080;
    public const short MDL_PARENT_MAPPED_SYSTEM_VA = 0x0100;
    public const short MDL_FREE_EXTRA_PTES = 0x0200;
    public const short MDL_DESCRIBES_AWE = 0x0400;
    public const short MDL_IO_SPACE = 0x0800;
    public const short MDL_NETWORK_HEADER = 0x1000;
    public const short MDL_MAPPING_CAN_FAIL = 0x2000;
    public const short MDL_ALLOCATED_MUST_SUCCEED = 0x4000;
    public const short MDL_INTERNAL = unchecked((short)0x8000);

    // POOL_FLAGS of ExAllocatePool2.
    public const ulong POOL_FLAG_USE_QUOTA = 0x0000000000000001;
    public const ulong POOL_FLAG_UNINITIALIZED = 0x0000000000000002;
    public const ulong POOL_FLAG_SESSION = 0x0000000000000004;
    public const ulong POOL_FLAG_CACHE_ALIGNED = 0x0000000000000008;
    public const ulong POOL_FLAG_RESERVED1 = 0x0000000000000010;
    public const ulong POOL_FLAG_RAISE_ON_FAILURE = 0x0000000000000020;
    public const ulong POOL_FLAG_NON_PAGED = 0x0000000000000040;
    public const ulong POOL_FLAG_NON_PAGED_EXECUTE = 0x0000000000000080;
    public const ulong POOL_FLAG_PAGED = 0x0000000000000100;

    // Bits that a POOL_TYPE can carry.
    public const uint POOL_QUOTA_FAIL_INSTEAD_OF_RAISE = 8;
    public const uint POOL_RAISE_IF_ALLOCATION_FAILURE = 0x10;
    public const uint POOL_COLD_ALLOCATION = 0x100;
    public const uint POOL_NX_ALLOCATION = 0x200;
    public const uint POOL_ZERO_ALLOCATION = 0x400;

    // Options that a mapping priority can carry.
    public const uint MdlMappingNoWrite = 0x80000000;
    public const uint MdlMappingNoExecute = 0x40000000;

    // MmAllocatePagesForMdlEx.
    public const uint MM_DONT_ZERO_ALLOCATION = 1;
    public const uint MM_ALLOCATE_FROM_LOCAL_NODE_ONLY = 2;
    public const uint MM_ALLOCATE_FULLY_REQUIRED = 4;
    public const uint MM_ALLOCATE_NO_WAIT = 8;

    // Sections and their views.
    public const uint SEC_BASED = 0x200000;
    public const uint SEC_NO_CHANGE = 0x400000;
    public const uint SEC_FILE = 0x800000;
    public const uint SEC_IMAGE = 0x1000000;
    public const uint SEC_RESERVE = 0x4000000;
    public const uint SEC_COMMIT = 0x8000000;
    public const uint SEC_NOCACHE = 0x10000000;
    public const uint SEC_WRITECOMBINE = 0x40000000;
    public const uint SEC_LARGE_PAGES = 0x80000000;
    public const uint MEM_RESERVE = 0x2000;
    public const uint MEM_TOP_DOWN = 0x100000;
    public const uint MEM_LARGE_PAGES = 0x20000000;

    // Page protection.
    public const uint PAGE_NOACCESS = 1;
    public const uint PAGE_READONLY = 2;
    public const uint PAGE_READWRITE = 4;
    public const uint PAGE_WRITECOPY = 8;
    public const uint PAGE_EXECUTE = 0x10;
    public const uint PAGE_EXECUTE_READ = 0x20;
    public const uint PAGE_EXECUTE_READWRITE = 0x40;
    public const uint PAGE_GUARD = 0x100;
    public const uint PAGE_NOCACHE = 0x200;
    public const uint PAGE_WRITECOMBINE = 0x400;
}
