/* Archives of photos as they are published, taken apart into class folders. */
#ifndef MOTE_ARCHIVE_H
#define MOTE_ARCHIVE_H

#include <mote/status.h>

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Microsoft's cats and dogs, the archive that TFDS's cats_vs_dogs 4.0.1 is made of. */
#define MOTE_CATS_VS_DOGS_URL                                                                                          \
    "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip"
#define MOTE_CATS_VS_DOGS_SHA256 "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9"
enum { MOTE_CATS_VS_DOGS_BYTES = 824887076 };

typedef struct mote_archive_counts {
    int64_t n_cats, n_dogs; /* written */
    int64_t n_dropped;      /* photos that TFDS drops too: no "JFIF" in their first 512 bytes */
    int64_t n_other;        /* entries that are no photo of a cat or dog: read-me files, folders, anything else */
} mote_archive_counts;

/* Writes PetImages/Cat/<number>.jpg as <folder>/cat/<number>.jpg, and dogs likewise, bytes as they are; nothing else in
 * the archive is written anywhere, whatever it is called. folder must exist and hold neither. on_entry may be NULL; it
 * stops the work (MOTE_CANCELLED) by returning false.
 * Errors: MOTE_FORMAT (no zip archive, damaged, a photo twice, none at all), MOTE_LIMIT (an entry, or all, larger than
 * photos are), MOTE_IO, MOTE_NO_SPACE. */
MOTE_API mote_status mote_archive_cats_vs_dogs(const char *zip_path, const char *folder,
                                               bool (*on_entry)(void *arg, int64_t done, int64_t total), void *arg,
                                               mote_archive_counts *counts, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
