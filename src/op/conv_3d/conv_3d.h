/*
 * Options of CONV_3D and CONV_3D_TRANSPOSE. Volumes are [batch, depth, height, width, channels]; the filter is
 * [depth, height, width, in, out] for the one, [depth, height, width, out, in] for the other.
 */
#ifndef MOTE_OP_CONV_3D_CONV_3D_H
#define MOTE_OP_CONV_3D_CONV_3D_H

#include "op/conv_2d/conv_2d.h"

typedef struct mote_conv_3d_params {
    int32_t padding; /* mote_padding */
    int32_t stride_d, stride_w, stride_h;
    int32_t activation; /* mote_activation */
    int32_t dilation_d_factor, dilation_w_factor, dilation_h_factor;
} mote_conv_3d_params;

enum { MOTE_CONV_3D_AXES = 3 }; /* depth, height, width */

/* The windows over a volume: of CONV_3D's input, of CONV_3D_TRANSPOSE's output. */
mote_status mote_conv_3d_axes(const mote_conv_3d_params *params, const mote_shape *volume, const mote_shape *filter,
                              mote_window_axis axes[MOTE_CONV_3D_AXES], mote_error *err);

#endif
