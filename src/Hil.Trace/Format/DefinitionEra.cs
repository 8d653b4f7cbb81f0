namespace Hil.Trace;

/// <summary>How long ids are good for: until so much was defined that a new era begins.</summary>
internal sealed class DefinitionEra
{
    /// <summary>Drivers have hundreds of places. Who sweeps over a frame buffer has millions; 65,536 of them are some
    /// 15 MB in a writer.</summary>
    public const int DefinitionsMax = 65_536;

    public const long TextBytesMax = 4 << 20;

    public int Number { get; set; }

    public static bool IsFull(int definitions, long textBytes) =>
        definitions >= DefinitionsMax || textBytes >= TextBytesMax;
}
