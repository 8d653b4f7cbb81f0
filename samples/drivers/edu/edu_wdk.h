/*
 * What Microsoft's wdm.h has and mingw-w64's lacks: DEVICE_DESCRIPTION grew in Windows 8 (version 3), and only its new
 * member DmaAddressWidth can say "28 bits".
 */

#ifndef EDU_WDK_H
#define EDU_WDK_H

#ifdef __MINGW32__

#define DEVICE_DESCRIPTION_VERSION3 0x0003

typedef struct EDU_DEVICE_DESCRIPTION {
    ULONG Version;
    BOOLEAN Master;
    BOOLEAN ScatterGather;
    BOOLEAN DemandMode;
    BOOLEAN AutoInitialize;
    BOOLEAN Dma32BitAddresses;
    BOOLEAN IgnoreCount;
    BOOLEAN Reserved1;
    BOOLEAN Dma64BitAddresses;
    ULONG BusNumber;
    ULONG DmaChannel;
    INTERFACE_TYPE InterfaceType;
    DMA_WIDTH DmaWidth;
    DMA_SPEED DmaSpeed;
    ULONG MaximumLength;
    ULONG DmaPort;
    ULONG DmaAddressWidth;
    ULONG DmaControllerInstance;
    ULONG DmaRequestLine;
    PHYSICAL_ADDRESS DeviceAddress;
} EDU_DEVICE_DESCRIPTION;

C_ASSERT(sizeof(EDU_DEVICE_DESCRIPTION) == 64);

#else

typedef DEVICE_DESCRIPTION EDU_DEVICE_DESCRIPTION;

#endif
#endif
