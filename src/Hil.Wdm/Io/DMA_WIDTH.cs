namespace Hil.Wdm;

/// <summary>The width of a system DMA transfer.</summary>
public enum DMA_WIDTH
{
    Width8Bits,
    Width16Bits,
    Width32Bits,
    Width64Bits,
    WidthNoWrap,
    MaximumDmaWidth,
}
