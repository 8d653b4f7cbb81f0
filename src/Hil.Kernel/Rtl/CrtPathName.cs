namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Makes a path of its parts, each of which may be null or empty.</summary>
    /// <returns>0, EINVAL for no buffer, ERANGE when the path does not fit; it is then empty.</returns>
    /// <remarks>C runtime: _makepath_s.</remarks>
    [Export]
    public static int _makepath_s(
        [UncheckedPointer] byte* path, nuint size, [UncheckedPointer] byte* drive, [UncheckedPointer] byte* directory,
        [UncheckedPointer] byte* name, [UncheckedPointer] byte* extension) =>
        CrtPath<byte>.Join(path, size, drive, directory, name, extension, nameof(_makepath_s));

    /// <summary>Takes a path apart. A part that is not wanted has a null buffer of size 0.</summary>
    /// <returns>0, EINVAL for no path and for one of buffer and size alone, ERANGE when a part does not fit; all are
    /// then empty.</returns>
    /// <remarks>C runtime: _splitpath_s.</remarks>
    [Export]
    public static int _splitpath_s(
        [UncheckedPointer] byte* path, [UncheckedPointer] byte* drive, nuint driveSize,
        [UncheckedPointer] byte* directory, nuint directorySize, [UncheckedPointer] byte* name, nuint nameSize,
        [UncheckedPointer] byte* extension, nuint extensionSize) =>
        CrtPath<byte>.Split(
            path, new(drive, driveSize), new(directory, directorySize), new(name, nameSize),
            new(extension, extensionSize), nameof(_splitpath_s));

    /// <inheritdoc cref="_makepath_s"/>
    /// <remarks>C runtime: _wmakepath_s.</remarks>
    [Export]
    public static int _wmakepath_s(
        [UncheckedPointer] char* path, nuint size, [UncheckedPointer] char* drive, [UncheckedPointer] char* directory,
        [UncheckedPointer] char* name, [UncheckedPointer] char* extension) =>
        CrtPath<char>.Join(path, size, drive, directory, name, extension, nameof(_wmakepath_s));

    /// <inheritdoc cref="_splitpath_s"/>
    /// <remarks>C runtime: _wsplitpath_s.</remarks>
    [Export]
    public static int _wsplitpath_s(
        [UncheckedPointer] char* path, [UncheckedPointer] char* drive, nuint driveSize,
        [UncheckedPointer] char* directory, nuint directorySize, [UncheckedPointer] char* name, nuint nameSize,
        [UncheckedPointer] char* extension, nuint extensionSize) =>
        CrtPath<char>.Split(
            path, new(drive, driveSize), new(directory, directorySize), new(name, nameSize),
            new(extension, extensionSize), nameof(_wsplitpath_s));
}
