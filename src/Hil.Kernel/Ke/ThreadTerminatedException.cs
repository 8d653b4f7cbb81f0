namespace Hil.Kernel;

/// <summary>Unwinds the host's side of a thread that called PsTerminateSystemThread.</summary>
internal sealed class ThreadTerminatedException : Exception;
