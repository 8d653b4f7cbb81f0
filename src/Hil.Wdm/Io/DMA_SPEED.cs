namespace Hil.Wdm;

/// <summary>The speed of a system DMA transfer.</summary>
public enum DMA_SPEED
{
    Compatible,
    TypeA,
    TypeB,
    TypeC,
    TypeF,
    MaximumDmaSpeed,
}
