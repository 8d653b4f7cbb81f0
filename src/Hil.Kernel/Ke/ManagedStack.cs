using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Hil.Kernel;

/// <summary>Where in a managed driver's source something happened. Lines are known if its .pdb lies beside
/// it.</summary>
internal static class ManagedStack
{
    /// <summary>The driver's own code on the calling thread's stack, innermost first.</summary>
    /// <param name="routine">The driver's routine that runs.</param>
    public static IReadOnlyList<string> Of(Delegate routine) =>
        Lines(new StackTrace(fNeedFileInfo: true), routine.Method.Module.Assembly);

    /// <summary>The driver's own code that an exception came through, innermost first.</summary>
    public static IReadOnlyList<string> Of(Delegate routine, Exception thrown) =>
        Lines(new StackTrace(thrown, fNeedFileInfo: true), routine.Method.Module.Assembly);

    private static List<string> Lines(StackTrace stack, Assembly driver)
    {
        List<string> lines = [];
        foreach (StackFrame frame in stack.GetFrames())
        {
            if (frame.GetMethod() is { } method && method.Module.Assembly == driver)
                lines.Add(Describe(method, frame));
        }
        return lines;
    }

    private static string Describe(MethodBase method, StackFrame frame)
    {
        string name = NameOf(method);
        return frame.GetFileName() is { } file
            ? string.Create(
                CultureInfo.InvariantCulture, $"{name}, {Path.GetFileName(file)} line {frame.GetFileLineNumber()}")
            : name;
    }

    // The compiler calls a lambda <Method>b__1, in a type of its own.
    private static string NameOf(MethodBase method)
    {
        Type? type = method.DeclaringType;
        while (type is { Name: ['<', ..], DeclaringType: { } outer })
            type = outer;
        string name = method.Name;
        if (name is ['<', ..])
            name = name[1..name.IndexOf('>', StringComparison.Ordinal)];
        return $"{type?.Name}.{name}";
    }
}
