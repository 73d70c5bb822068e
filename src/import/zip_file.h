/* Reading single entries of a zip archive in memory, within limits: .keras files are zips. */
#ifndef MOTE_IMPORT_ZIP_FILE_H
#define MOTE_IMPORT_ZIP_FILE_H

#include <mote/io.h>

typedef struct mote_zip mote_zip;

/* bytes stay the caller's and must outlive the handle. */
mote_status mote_zip_open(mote_zip **zip, const void *bytes, size_t n_bytes, mote_error *err);
void mote_zip_close(mote_zip *zip);

/* The whole entry, in a block that mote_free releases, with a 0 byte behind it; *data NULL: there is no such entry. An
 * entry that is there twice, is encrypted, or unpacks to more than limit_bytes is refused. */
mote_status mote_zip_read(mote_zip *zip, const char *name, size_t limit_bytes, unsigned char **data, size_t *n_bytes,
                          const mote_allocator *allocator, mote_error *err);

#endif
