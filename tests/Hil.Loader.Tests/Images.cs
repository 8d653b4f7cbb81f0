namespace Hil.Loader.Tests;

/// <summary>The sound images that text cases start from, by the name they use.</summary>
internal static class Images
{
    public static byte[] Named(string name) => name switch
    {
        "msvc" => MsvcImage.Build(),
        "bare" => MsvcImage.BuildWithoutRelocations(),
        "mingw" => MingwImage.Exe,
        "library" => LibraryImage.Build("ntoskrnl.DbgPrint"),
        "dll" => MingwImage.Dll,
        _ => throw new ArgumentException(name),
    };
}
