namespace Hil.Wdm;

// Constants of wdm.h for threads and exceptions.
public static partial class WdmConstants
{
    // Where user and kernel mode share a page.
    public const ulong KI_USER_SHARED_DATA = 0xFFFFF78000000000;

    // Waits.
    public const uint MAXIMUM_WAIT_OBJECTS = 64;
    public const uint THREAD_WAIT_OBJECTS = 3;

    // Thread priorities.
    public const int LOW_PRIORITY = 0;
    public const int LOW_REALTIME_PRIORITY = 16;
    public const int HIGH_PRIORITY = 31;
    public const int MAXIMUM_PRIORITY = 32;

    // Exception flags.
    public const uint EXCEPTION_NONCONTINUABLE = 1;
    public const uint EXCEPTION_UNWINDING = 2;
    public const uint EXCEPTION_EXIT_UNWIND = 4;
    public const uint EXCEPTION_STACK_INVALID = 8;
    public const uint EXCEPTION_NESTED_CALL = 0x10;
    public const uint EXCEPTION_TARGET_UNWIND = 0x20;
    public const uint EXCEPTION_COLLIDED_UNWIND = 0x40;
    public const uint EXCEPTION_MAXIMUM_PARAMETERS = 0xF;

    // What an exception filter returns.
    public const int EXCEPTION_EXECUTE_HANDLER = 1;
    public const int EXCEPTION_CONTINUE_SEARCH = 0;
    public const int EXCEPTION_CONTINUE_EXECUTION = -1;
}
