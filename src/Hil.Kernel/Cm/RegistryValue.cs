namespace Hil.Kernel;

/// <summary>One value of a key. The bytes are never changed in place: setting a value makes a new one.</summary>
public sealed record RegistryValue(string Name, uint Type, byte[] Data);
