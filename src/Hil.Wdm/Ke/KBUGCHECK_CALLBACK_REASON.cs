namespace Hil.Wdm;

/// <summary>Why a bug check callback runs.</summary>
public enum KBUGCHECK_CALLBACK_REASON
{
    KbCallbackInvalid,
    KbCallbackReserved1,
    KbCallbackSecondaryDumpData,
    KbCallbackDumpIo,
    KbCallbackAddPages,
    KbCallbackSecondaryMultiPartDumpData,
    KbCallbackRemovePages,
    KbCallbackTriageDumpData,
}
