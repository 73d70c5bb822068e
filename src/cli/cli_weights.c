#include "cli/cli_weights.h"

#include <stddef.h>
#include <string.h>

enum { MAX_WEIGHTS_BYTES = 1 << 30 }; /* Keras's largest here, EfficientNetB7's, has 0.27 GB */

const cli_option cli_weights_options[CLI_N_WEIGHTS_OPTIONS] = {
    {.name = "weights",
     .kind = CLI_STRING,
     .arg = "F.h5|imagenet",
     .help =
         "a new model's first weights: a Keras file's, or Keras's own of ImageNet, fetched once; the rest by chance",
     .offset = offsetof(cli_weights_args, weights)},
};

static mote_status fetch(const cli_context *context, const cli_weights_args *args, const mote_arch_weights *weights,
                         char path[MOTE_CACHE_PATH_BYTES], mote_error *err)
{
    mote_status status = mote_cache_path(weights->name, path, err);
    if (status != MOTE_OK)
        return status;
    const mote_fetch_options wanted = {
        .url = weights->url,
        .path = path,
        .hash = weights->md5 ? MOTE_HASH_MD5 : MOTE_HASH_NONE,
        .digest = weights->md5,
        .limit_bytes = MAX_WEIGHTS_BYTES,
    };
    bool fetched;
    status = cli_fetch(context, &args->fetch, weights->name, &wanted, &fetched, err);
    if (status == MOTE_OK && fetched)
        cli_note(context, "%s: fetched%s", path, weights->md5 ? ", its MD5 is Keras's" : "");
    return status;
}

static mote_status new_of_imagenet(mote_model **model, const cli_context *context, const cli_weights_args *args,
                                   int32_t arch, const mote_arch_options *options, mote_weights_match how,
                                   mote_error *err)
{
    mote_arch_weights weights;
    char path[MOTE_CACHE_PATH_BYTES];
    int64_t n_params;
    /* Whether the model can be made at all comes before what takes minutes. */
    mote_status status = mote_arch_count_params(arch, options, &n_params, err);
    if (status == MOTE_OK)
        status = mote_arch_imagenet(arch, options, &weights, err);
    if (status == MOTE_OK)
        status = fetch(context, args, &weights, path, err);
    if (status != MOTE_OK)
        return status;
    status = mote_arch_new_with_weights(model, arch, options, path, how, err);
    if (status == MOTE_OK || weights.md5)
        return status;
    const mote_error why = *err; /* here nothing but its content says whether it is the right file */
    return mote_error_set(err, status, "%s; remove the file to fetch it anew", why.message);
}

mote_status cli_weights_new_model(mote_model **model, const cli_context *context, const cli_weights_args *args,
                                  int32_t arch, const mote_arch_options *options, mote_weights_match how,
                                  mote_error *err)
{
    *model = NULL;
    const bool imagenet = args->weights && strcmp(args->weights, "imagenet") == 0;
    if (args->fetch.url && !imagenet)
        return mote_error_set(err, MOTE_ARGUMENT, "--url says where the weights of --weights imagenet are");
    if (imagenet)
        return new_of_imagenet(model, context, args, arch, options, how, err);
    return args->weights ? mote_arch_new_with_weights(model, arch, options, args->weights, how, err)
                         : mote_arch_new(model, arch, options, err);
}
