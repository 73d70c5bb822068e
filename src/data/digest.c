/* Digests of whole files (libmd). */
#include <mote/fetch.h>
#include <mote/io.h>

#include <md5.h>
#include <sha256.h>
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

mote_status mote_file_digest(const char *path, mote_hash hash, char digest[MOTE_DIGEST_TEXT_BYTES], mote_error *err)
{
    digest[0] = '\0';
    mote_file file;
    const mote_status status = mote_file_open(&file, path, 0, NULL, err);
    if (status != MOTE_OK)
        return status;
    if (hash == MOTE_HASH_MD5) {
        MD5_CTX context;
        uint8_t bytes[MD5_DIGEST_LENGTH];
        MD5Init(&context);
        MD5Update(&context, file.data, file.n_bytes);
        MD5Final(bytes, &context);
        to_hex(bytes, sizeof bytes, digest);
    } else if (hash == MOTE_HASH_SHA256) {
        SHA2_CTX context;
        uint8_t bytes[SHA256_DIGEST_LENGTH];
        SHA256Init(&context);
        SHA256Update(&context, file.data, file.n_bytes);
        SHA256Final(bytes, &context);
        to_hex(bytes, sizeof bytes, digest);
    }
    mote_file_close(&file);
    return MOTE_OK;
}
