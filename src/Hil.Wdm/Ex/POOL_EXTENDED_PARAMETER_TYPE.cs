namespace Hil.Wdm;

/// <summary>What a POOL_EXTENDED_PARAMETER says.</summary>
public enum POOL_EXTENDED_PARAMETER_TYPE
{
    PoolExtendedParameterInvalidType,
    PoolExtendedParameterPriority,
    PoolExtendedParameterSecurePool,
    PoolExtendedParameterNumaNode,
    PoolExtendedParameterMax,
}
