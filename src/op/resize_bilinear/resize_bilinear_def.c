#include "op/remap/remap.h"

static int32_t version(const mote_op_io *io)
{
    const mote_resize_params *params = io->node->params;
    if (io->inputs[0]->dtype == MOTE_INT16)
        return 4;
    return params->half_pixel_centers ? 3 : io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static const mote_op_field FIELDS[] = {
    {"align_corners", 2, MOTE_FIELD_BOOL, offsetof(mote_resize_params, align_corners), 0},
    {"half_pixel_centers", 3, MOTE_FIELD_BOOL, offsetof(mote_resize_params, half_pixel_centers), 0},
};

const mote_op_def mote_op_def_resize_bilinear = {
    .name = "RESIZE_BILINEAR",
    .options_type = 15,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_resize_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = mote_infer_resize,
    .version = version,
    .max_version = 4,
};
