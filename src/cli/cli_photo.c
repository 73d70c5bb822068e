#include "cli/cli_photo.h"

mote_status cli_photo_fill(mote_tensor *input, const char *path, const char *pixels, mote_error *err)
{
    (void)input, (void)pixels;
    return mote_error_set(err, MOTE_UNSUPPORTED, "%s: photos are not decoded yet; give a .npy file", path);
}
