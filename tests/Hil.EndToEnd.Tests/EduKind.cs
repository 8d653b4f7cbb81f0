namespace Hil.EndToEnd.Tests;

/// <summary>The two edu drivers: the same requests must come to the same end with both.</summary>
public enum EduKind
{
    /// <summary>edu.sys, compiled from C, on the virtual processor.</summary>
    Native,

    /// <summary>EduDriver, in C#, in this process.</summary>
    Managed,
}

/// <summary>Both kinds, for a theory.</summary>
public sealed class EduKinds : TheoryData<EduKind>
{
    public EduKinds()
    {
        Add(EduKind.Native);
        Add(EduKind.Managed);
    }
}
