namespace Hil.Kernel;

// WDK: Using Interrupt Resource Descriptors, and Enabling Message-Signaled Interrupts in the Registry. The addresses
// were placed before the kernel started, as firmware does it, so each range has one address that will do. Interrupts
// are alternatives, best first: all messages, one message, the line.
internal sealed unsafe partial class PciBusDriver
{
    private const string MessagePropertiesPath = @"Interrupt Management\MessageSignaledInterruptProperties";

    protected override void* CreateRequirements(DeviceNode node)
    {
        PciFunction function = FunctionOf(node);
        List<IO_RESOURCE_DESCRIPTOR> ranges = [];
        foreach (PciBar bar in function.Bars)
            ranges.Add(RequirementOf(bar));
        List<IO_RESOURCE_DESCRIPTOR[]> alternatives = [];
        foreach (IO_RESOURCE_DESCRIPTOR[] interrupts in InterruptAlternatives(node, function))
            alternatives.Add([.. ranges, .. interrupts]);
        if (alternatives.Count == 0 && ranges.Count > 0)
            alternatives.Add([.. ranges]);
        return alternatives.Count == 0
            ? null
            : ResourceRequirements.Create(BusOf(node), (uint)SlotOf(function), alternatives);
    }

    protected override void* CreateBootResources(DeviceNode node)
    {
        List<CM_PARTIAL_RESOURCE_DESCRIPTOR> resources = [];
        foreach (PciBar bar in FunctionOf(node).Bars)
        {
            if (bar.Address != 0)
                resources.Add(ResourceDescriptors.Assign(RequirementOf(bar), bar.Address));
        }
        return DeviceResources.CreateList(BusOf(node), [.. resources]);
    }

    // A BAR that could not be placed asks for a range that does not exist: the device then cannot start.
    internal static IO_RESOURCE_DESCRIPTOR RequirementOf(PciBar bar)
    {
        bool isPort = bar.Kind == PciBarKind.Io;
        ushort flags = isPort
            ? (ushort)(CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_POSITIVE_DECODE | CM_RESOURCE_PORT_BAR)
            : (ushort)(CM_RESOURCE_MEMORY_BAR | (bar.Prefetchable ? CM_RESOURCE_MEMORY_PREFETCHABLE : 0));
        byte type = isPort ? CmResourceTypePort : CmResourceTypeMemory;
        return ResourceDescriptors.Require(type, flags, CmResourceShareDeviceExclusive, bar.Address, bar.Bytes);
    }

    private List<IO_RESOURCE_DESCRIPTOR[]> InterruptAlternatives(DeviceNode node, PciFunction function)
    {
        List<IO_RESOURCE_DESCRIPTOR[]> alternatives = [];
        (InterruptKind kind, int count) = MessageCapability.Find(Kernel.Bus, function);
        count = Math.Min(count, MessageLimit(node));
        if (count > 0)
            alternatives.Add(ResourceDescriptors.RequireMessages(kind, count));
        if (count > 1)
            alternatives.Add(ResourceDescriptors.RequireMessages(kind, 1));
        if (function.InterruptPin != 0)
            alternatives.Add([ResourceDescriptors.RequireLine(function.InterruptLine)]);
        return alternatives;
    }

    /// <summary>How many messages the device may get: 0 when it is to use its line.</summary>
    private static int MessageLimit(DeviceNode node)
    {
        RegistryKey? properties = node.ParametersKey.Find(MessagePropertiesPath);
        bool isSupported = node.InterruptPreference switch
        {
            InterruptPreference.Line => false,
            InterruptPreference.Message => true,
            _ => properties?.FindDword("MSISupported") is 1,
        };
        if (!isSupported)
            return 0;
        uint limit = properties?.FindDword("MessageNumberLimit") ?? int.MaxValue;
        return (int)Math.Min(Math.Max(limit, 1), int.MaxValue);
    }
}
