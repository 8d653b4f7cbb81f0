/* ring.c with its buffers elsewhere: see there. */

#define RING_MOVED
#include "ring.c"
