using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>A set of up to three privileges.</summary>
public struct INITIAL_PRIVILEGE_SET
{
    public uint PrivilegeCount;
    public uint Control;
    public PrivilegeArray Privilege;

    [InlineArray(3)]
    public struct PrivilegeArray
    {
        private LUID_AND_ATTRIBUTES _element0;
    }
}
