namespace Hil.Wdm;

/// <summary>What a callback for KbCallbackAddPages is given and fills in.</summary>
public unsafe struct KBUGCHECK_ADD_PAGES
{
    public void* Context;
    public uint Flags;
    public uint BugCheckCode;
    public nuint Address;
    public nuint Count;
}
