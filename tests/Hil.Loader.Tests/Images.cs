namespace Hil.Loader.Tests;

/// <summary>The sound images that text cases start from, by the name they use.</summary>
internal static class Images
{
    public static readonly string[] Names = ["msvc", "bare", "mingw", "dll"];

    public static byte[] Named(string name) => name switch
    {
        "msvc" => MsvcImage.Build(),
        "bare" => MsvcImage.BuildWithoutRelocations(),
        "mingw" => MingwImage.Exe,
        "dll" => MingwImage.Dll,
        _ => throw new ArgumentException(name),
    };
}
