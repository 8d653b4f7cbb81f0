namespace Hil.Trace.Tests;

public sealed class TraceSchemaTests
{
    [Fact]
    public void EveryKindIsDescribedOnce()
    {
        Assert.Equal(
            Enum.GetValues<TraceKind>().Order(), TraceSchema.Kinds.Select(static kind => kind.Kind).Order());
    }

    [Fact]
    public void NamesAreUnique()
    {
        Assert.Distinct(TraceSchema.Kinds.Select(static kind => kind.Name));
    }
}
