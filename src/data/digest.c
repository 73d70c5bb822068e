/* Digests of whole files (libmd), read in pieces: what is fetched may be larger than memory. */
#include <mote/fetch.h>
#include <mote/io.h>

#include <errno.h>
#include <md5.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>

static void to_hex(const uint8_t *bytes, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * n] = '\0';
}

/* errno, or 0. */
static int digest_stream(FILE *stream, mote_hash hash, char *digest)
{
    unsigned char block[1 << 16];
    uint8_t bytes[SHA256_DIGEST_LENGTH];
    MD5_CTX md5;
    SHA2_CTX sha256;
    MD5Init(&md5);
    SHA256Init(&sha256);
    errno = 0;
    for (size_t n; (n = fread(block, 1, sizeof block, stream)) > 0;)
        if (hash == MOTE_HASH_MD5)
            MD5Update(&md5, block, n);
        else
            SHA256Update(&sha256, block, n);
    if (ferror(stream))
        return errno ? errno : EIO;
    if (hash == MOTE_HASH_MD5)
        MD5Final(bytes, &md5);
    else
        SHA256Final(bytes, &sha256);
    to_hex(bytes, hash == MOTE_HASH_MD5 ? MD5_DIGEST_LENGTH : SHA256_DIGEST_LENGTH, digest);
    return 0;
}

mote_status mote_file_digest(const char *path, mote_hash hash, char digest[MOTE_DIGEST_TEXT_BYTES], mote_error *err)
{
    digest[0] = '\0';
    FILE *stream = fopen(path, "rbe");
    int error = stream ? 0 : errno;
    if (stream && hash != MOTE_HASH_NONE)
        error = digest_stream(stream, hash, digest);
    if (stream)
        fclose(stream);
    if (error == 0)
        return MOTE_OK;
    return mote_error_set(err, error == ENOENT ? MOTE_NOT_FOUND : MOTE_IO, "%s: cannot read it: %s", path,
                          strerror(error));
}
