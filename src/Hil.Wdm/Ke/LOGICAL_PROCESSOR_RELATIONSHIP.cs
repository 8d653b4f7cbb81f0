namespace Hil.Wdm;

/// <summary>What logical processors have in common.</summary>
public enum LOGICAL_PROCESSOR_RELATIONSHIP
{
    RelationProcessorCore,
    RelationNumaNode,
    RelationCache,
    RelationProcessorPackage,
    RelationGroup,
    RelationAll = 0xFFFF,
}
