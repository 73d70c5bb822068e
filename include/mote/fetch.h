/*
 * Files from the network: fetched in pieces that a later call takes up again, checked by a digest before they appear
 * under their name. Only what stands here reaches out; nothing else in mote opens a connection.
 */
#ifndef MOTE_FETCH_H
#define MOTE_FETCH_H

#include <mote/status.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mote_hash { MOTE_HASH_NONE, MOTE_HASH_MD5, MOTE_HASH_SHA256 } mote_hash;

enum { MOTE_DIGEST_TEXT_BYTES = 65 }; /* SHA-256 in hexadecimal, and its end */

/* The digest of a whole file as lower-case hexadecimal. "" for MOTE_HASH_NONE. */
MOTE_API mote_status mote_file_digest(const char *path, mote_hash hash, char digest[MOTE_DIGEST_TEXT_BYTES],
                                      mote_error *err);

typedef struct mote_fetch_options {
    const char *url;     /* http or https; the proxy variables of the environment hold (https_proxy, no_proxy, …) */
    const char *path;    /* where it goes; "<path>.part" holds what has come so far */
    mote_hash hash;      /* NONE: the length alone is checked */
    const char *digest;  /* hexadecimal, either case */
    int64_t n_bytes;     /* how long the file is; 0: not known */
    int64_t limit_bytes; /* give up past so many; 0: n_bytes where known, else 16 GiB */
    int32_t timeout_seconds; /* to connect, and without a byte worth the name; <= 0: 30 */
    /* total 0: not known. In the caller's thread; may be NULL. */
    void (*on_progress)(void *arg, int64_t done, int64_t total);
    /* What has gone wrong and is tried again, one line; may be NULL. */
    void (*on_retry)(void *arg, const mote_error *why);
    void *arg;
} mote_fetch_options;

/* Makes `path` be there with the digest asked for. A file that is there already is checked, not fetched (MOTE_FORMAT
 * when it is another). What an earlier call left in "<path>.part" is taken up with a range request; a server without
 * ranges starts anew. A cut or stalled transfer is tried again as long as it moves on, at most 3 times when it does
 * not. At most 8 redirects, to http and https only. The folder of `path` must exist.
 * Errors: MOTE_IO (unreachable, refused by the server, …), MOTE_FORMAT (wrong digest: the part is removed),
 * MOTE_NO_SPACE (the part stays), MOTE_LIMIT. They say what to download by hand, and where to put it.
 * One thread at a time. */
MOTE_API mote_status mote_fetch(const mote_fetch_options *options, mote_error *err);

/* Where a file of that name is kept for later: $MOTE_CACHE, $XDG_CACHE_HOME/mote or $HOME/.cache/mote; makes the
 * folder. name holds no '/'. */
enum { MOTE_CACHE_PATH_BYTES = 4096 };
MOTE_API mote_status mote_cache_path(const char *name, char path[MOTE_CACHE_PATH_BYTES], mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
