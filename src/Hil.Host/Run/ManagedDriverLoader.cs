using System.Reflection;
using System.Runtime.Loader;
using Hil.Loader;

namespace Hil.Host;

/// <summary>Makes the managed driver that a hil.yaml names.</summary>
public static class ManagedDriverLoader
{
    /// <param name="typeName">Namespace.Type, Assembly.</param>
    /// <param name="folder">Where the assembly may lie, if not beside this program.</param>
    /// <exception cref="RunInputException">There is no such driver.</exception>
    public static ManagedDriver Create(string typeName, string folder)
    {
        string[] parts = typeName.Split(',', 2, StringSplitOptions.TrimEntries);
        string assemblyName = new AssemblyName(parts[1]).Name!;
        Type? type = LoadAssembly(assemblyName, folder).GetType(parts[0]);
        if (type == null)
            throw new RunInputException($"managed driver: {assemblyName} has no type {parts[0]}");
        if (!type.IsAssignableTo(typeof(ManagedDriver)) || type.IsAbstract || type.GetConstructor([]) == null)
            throw new RunInputException(
                $"managed driver: {parts[0]} must derive from ManagedDriver "
                + "and have a public constructor without parameters");
        return (ManagedDriver)Activator.CreateInstance(type)!;
    }

    private static Assembly LoadAssembly(string name, string folder)
    {
        string file = name + ".dll";
        ReadOnlySpan<string> places = [Path.Combine(AppContext.BaseDirectory, file), Path.Combine(folder, file)];
        foreach (string path in places)
        {
            if (!File.Exists(path))
                continue;
            try
            {
                return AssemblyLoadContext.Default.LoadFromAssemblyPath(path);
            }
            catch (Exception e) when (e is BadImageFormatException or FileLoadException)
            {
                throw new RunInputException($"managed driver: {path}: {e.Message}", e);
            }
        }
        throw new RunInputException($"managed driver: {file} is neither in {AppContext.BaseDirectory} nor in {folder}");
    }
}
