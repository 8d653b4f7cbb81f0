/*
 * What a program needs to talk to the edu driver. Include <winioctl.h> (programs) or <wdm.h> (drivers) first.
 *
 * The driver offers the device interface GUID_DEVINTERFACE_EDU. ReadFile and WriteFile reach edu's 4 KB buffer by DMA:
 * byte n of the file is byte n mod 4095 of the buffer.
 */

#ifndef EDU_IOCTL_H
#define EDU_IOCTL_H

DEFINE_GUID(GUID_DEVINTERFACE_EDU, 0x7d3f0a52, 0x91c4, 0x4b1e, 0xa6, 0x0d, 0x35, 0xe8, 0x52, 0x4c, 0x17, 0x9b);

#define EDU_IOCTL(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), METHOD_BUFFERED, FILE_ANY_ACCESS)

/* No input; output EDU_INFO. */
#define IOCTL_EDU_GET_INFO EDU_IOCTL(0)

/* Input ULONG n, at most 12; output ULONG n!, computed by the device. */
#define IOCTL_EDU_FACTORIAL EDU_IOCTL(1)

/*
 * Input ULONG v: the device sets v in its interrupt status and raises its interrupt. Output ULONG: the interrupt status
 * that the interrupt service routine saw. 0 raises nothing, so that request ends by cancellation or timeout only.
 */
#define IOCTL_EDU_RAISE EDU_IOCTL(2)

/*
 * Input ULONG: milliseconds, 10 to 600000, after which a request that the device does not answer fails with
 * STATUS_IO_TIMEOUT; it may take up to twice as long to be noticed. 5000 when the driver starts.
 */
#define IOCTL_EDU_SET_TIMEOUT EDU_IOCTL(3)

typedef struct EDU_INFO {
    ULONG Identification; /* 0x010000ed: revision 1.0 */
    ULONG Alive;          /* 1 if the device inverted what was written to its liveness register */
    ULONG Messages;       /* message interrupts granted; 0 means that the device uses an interrupt line */
} EDU_INFO;

#endif
