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
        return CreateFrom(LoadAssembly(assemblyName, folder), assemblyName, parts[0]);
    }

    /// <summary>Makes a driver of that very file, also when an assembly of the same name lies beside this
    /// program.</summary>
    /// <param name="typeName">Namespace.Type.</param>
    /// <exception cref="RunInputException">There is no such driver in it.</exception>
    public static ManagedDriver CreateFromFile(string typeName, string path)
    {
        if (!File.Exists(path))
        {
            string problem = Directory.Exists(path) ? "is a folder" : "there is no such file";
            throw new RunInputException($"{path}: {problem}; give the assembly of {typeName}");
        }
        // What a context of its own does not find comes from the program: the driver's base class is ours.
        var context = new AssemblyLoadContext(path);
        context.Resolving += (_, name) =>
            TryLoad(context, Path.Combine(Path.GetDirectoryName(path)!, name.Name + ".dll"));
        try
        {
            return CreateFrom(context.LoadFromAssemblyPath(path), path, typeName);
        }
        catch (BadImageFormatException e)
        {
            throw new RunInputException($"{path}: is no .NET assembly; the driver is {typeName}, in C#", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunInputException($"{path}: cannot be loaded: {e.Message.TrimEnd()}", e);
        }
    }

    private static Assembly? TryLoad(AssemblyLoadContext context, string path) =>
        File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;

    private static ManagedDriver CreateFrom(Assembly assembly, string assemblyName, string typeName)
    {
        Type? type = assembly.GetType(typeName);
        if (type == null)
            throw new RunInputException($"managed driver: {assemblyName} has no type {typeName}");
        if (!type.IsAssignableTo(typeof(ManagedDriver)) || type.IsAbstract || type.GetConstructor([]) == null)
            throw new RunInputException(
                $"managed driver: {typeName} must derive from ManagedDriver "
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
