/* Which Keras a file is of: some layers changed their meaning from Keras 2 to 3. */
#ifndef MOTE_IMPORT_KERAS_VERSION_H
#define MOTE_IMPORT_KERAS_VERSION_H

#include <stdlib.h>

/* 2 or 3. version: as a file says it, NULL where it does not: such a file is older. */
static inline int keras_major_of(const char *version)
{
    return version && strtol(version, NULL, 10) >= 3 ? 3 : 2;
}

#endif
