namespace Hil.Kernel;

/// <summary>What a kernel object is; drivers name the kinds by the exported POBJECT_TYPE variables.</summary>
public enum ObjectType
{
    Directory,
    SymbolicLink,
    Device,
    Driver,
    File,
    Event,
    Semaphore,
    Mutant,
    Timer,
    Thread,
    Process,
    Token,
    Section,
    Key,
    Callback,
    DataBlock,
}
