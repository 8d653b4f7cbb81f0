namespace Hil.Machine.Qemu;

/// <summary>QEMU refused a QMP command.</summary>
public sealed class QmpException(string command, string description)
    : Exception($"QMP command {command}: {description}");
