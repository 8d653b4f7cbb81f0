using System.Reflection;

namespace Hil.Kernel.Tests.Io;

internal static class Statuses
{
    /// <summary>A status code by its name in ntstatus.h.</summary>
    public static NTSTATUS Parse(string name) =>
        (NTSTATUS)typeof(NtStatus).GetProperty(name, BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
}
