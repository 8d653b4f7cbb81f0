namespace Hil.Kernel;

// An inactive service routine stays connected, but is not called: the device is powered down, or its driver expects
// nothing of it for now. A line on which every routine is inactive is masked, so a level that stands comes when one is
// active again; a message that comes meanwhile has no taker.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Lets a connected service routine, or those of all messages, be called again.</summary>
    /// <remarks>WDK: IoReportInterruptActive, Making an ISR Active or Inactive. A routine is active when it is
    /// connected.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoReportInterruptActive(IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS* parameters) =>
        ReportActivity(parameters, isActive: true);

    /// <summary>Keeps a connected service routine, or those of all messages, from being called.</summary>
    /// <remarks>WDK: IoReportInterruptInactive, Making an ISR Active or Inactive.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoReportInterruptInactive(IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS* parameters) =>
        ReportActivity(parameters, isActive: false);

    private static void ReportActivity(IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS* parameters, bool isActive)
    {
        if (parameters->Version != CONNECT_MESSAGE_BASED)
        {
            SetActive(PointerCheck.Follow<KINTERRUPT>(
                parameters->ConnectionContext.InterruptObject, "ConnectionContext.InterruptObject"), isActive);
            return;
        }
        IO_INTERRUPT_MESSAGE_INFO* table = PointerCheck.Follow<IO_INTERRUPT_MESSAGE_INFO>(
            parameters->ConnectionContext.InterruptMessageTable, "ConnectionContext.InterruptMessageTable");
        IO_INTERRUPT_MESSAGE_INFO_ENTRY* entries = &table->MessageInfo;
        for (uint i = 0; i < table->MessageCount; i++)
        {
            IO_INTERRUPT_MESSAGE_INFO_ENTRY* entry = PointerCheck.Follow<IO_INTERRUPT_MESSAGE_INFO_ENTRY>(
                entries + i, "InterruptMessageTable->MessageInfo");
            SetActive(entry->InterruptObject, isActive);
        }
    }

    private static void SetActive(KINTERRUPT* interrupt, bool isActive)
    {
        RequireConnected(interrupt);
        NtKernel.Current.Interrupts.SetActive(interrupt, isActive);
    }
}
