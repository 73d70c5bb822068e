/* Small folders of drawn photos for tests. */
#ifndef MOTE_TESTS_SUPPORT_PHOTOS_H
#define MOTE_TESTS_SUPPORT_PHOTOS_H

#include <stdint.h>

/* A new folder below /tmp; path takes its name. */
void photos_make_folder(char path[64]);
/* Writes a JPEG of drawn colours, different for each seed, making the folders that its name needs. */
void photos_write_jpeg(const char *folder, const char *name, int32_t height, int32_t width, int32_t channels,
                       uint64_t seed);
void photos_write_text(const char *folder, const char *name, const char *text);
/* The folder and all that is below it. */
void photos_remove(const char *folder);

#endif
