using Hil.Loader;

namespace Hil.Host;

/// <summary>The native driver of a run, read.</summary>
public sealed record RunImage(string Path, DriverImage Image);
