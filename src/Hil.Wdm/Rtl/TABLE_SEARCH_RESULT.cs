namespace Hil.Wdm;

/// <summary>What a search of a generic table ended at.</summary>
public enum TABLE_SEARCH_RESULT : uint
{
    TableEmptyTree,
    TableFoundNode,
    TableInsertAsLeft,
    TableInsertAsRight,
}
