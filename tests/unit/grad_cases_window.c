/* Random nodes of the operators with windows and of products of matrices. */
#include "unit/grad_cases.h"

#include "op/average_pool_2d/pool_2d.h"
#include "op/batch_matmul/batch_matmul.h"
#include "op/conv_2d/conv_2d.h"
#include "op/depthwise_conv_2d/depthwise_conv_2d.h"
#include "op/fully_connected/fully_connected.h"
#include "op/transpose_conv/transpose_conv.h"

mote_shape grad_image_shape(mote_rng *rng, int32_t most_channels)
{
    return mote_shape_4d(grad_between(rng, 1, 3), grad_between(rng, 3, 6), grad_between(rng, 3, 6),
                         grad_between(rng, 1, most_channels));
}

/* Not larger than the image, dilation included. */
static void random_window(mote_rng *rng, int32_t in, int32_t *filter, int32_t *stride, int32_t *dilation)
{
    *filter = grad_between(rng, 1, in < 3 ? in : 3);
    *stride = grad_between(rng, 1, 2);
    *dilation = *filter > 1 && (*filter - 1) * 2 < in ? grad_between(rng, 1, 2) : 1;
}

static void make_conv_2d(grad_case *c, mote_rng *rng)
{
    const int32_t groups = mote_rng_below(rng, 3) ? 1 : 2;
    mote_shape in = grad_image_shape(rng, 4);
    in.dims[3] *= groups;
    mote_conv_2d_params *p = c->params;
    int32_t h, w;
    random_window(rng, in.dims[1], &h, &p->window.stride[0], &p->window.dilation[0]);
    random_window(rng, in.dims[2], &w, &p->window.stride[1], &p->window.dilation[1]);
    p->window.padding = (int32_t)mote_rng_below(rng, 2);
    grad_add_whole(c, rng, &in);
    const mote_shape filter = mote_shape_4d(groups * grad_between(rng, 1, 3), h, w, in.dims[3] / groups);
    grad_add_whole(c, rng, &filter);
    const mote_shape bias = {1, {filter.dims[0]}};
    grad_add_whole(c, rng, &bias);
}

static void make_depthwise_conv_2d(grad_case *c, mote_rng *rng)
{
    mote_shape in = grad_image_shape(rng, 4);
    if (c->seed % 4 == 0)
        in.dims[3] = grad_between(rng, 15, 20); /* vectors and a tail */
    const int32_t multiplier = mote_rng_below(rng, 3) ? 1 : 2;
    mote_depthwise_conv_2d_params *p = c->params;
    int32_t h, w;
    random_window(rng, in.dims[1], &h, &p->window.stride[0], &p->window.dilation[0]);
    random_window(rng, in.dims[2], &w, &p->window.stride[1], &p->window.dilation[1]);
    p->window.padding = (int32_t)mote_rng_below(rng, 2);
    p->depth_multiplier = multiplier;
    grad_add_whole(c, rng, &in);
    const mote_shape filter = mote_shape_4d(1, h, w, in.dims[3] * multiplier);
    grad_add_whole(c, rng, &filter);
    const mote_shape bias = {1, {filter.dims[3]}};
    grad_add_whole(c, rng, &bias);
}

static void make_transpose_conv(grad_case *c, mote_rng *rng)
{
    const mote_shape out = grad_image_shape(rng, 3);
    mote_transpose_conv_params *p = c->params;
    int32_t h, w, one;
    random_window(rng, out.dims[1], &h, &p->stride_h, &one);
    random_window(rng, out.dims[2], &w, &p->stride_w, &one);
    p->padding = (int32_t)mote_rng_below(rng, 2);
    mote_window_axis ah, aw;
    const int32_t in_c = grad_between(rng, 1, 3);
    grad_add_ints(c, 4, out.dims);
    const mote_shape filter = mote_shape_4d(out.dims[3], h, w, in_c);
    mote_transpose_conv_window(p, &out, &filter, &ah, &aw, NULL);
    const mote_shape in = mote_shape_4d(out.dims[0], ah.out, aw.out, in_c);
    grad_add_whole(c, rng, &filter);
    grad_add_whole(c, rng, &in);
    const mote_shape bias = {1, {out.dims[3]}};
    grad_add_whole(c, rng, &bias);
}

static void make_pool(grad_case *c, mote_rng *rng, bool distinct)
{
    const mote_shape in = grad_image_shape(rng, 3);
    mote_pool_2d_params *p = c->params;
    int32_t one;
    random_window(rng, in.dims[1], &p->filter_height, &p->stride_h, &one);
    random_window(rng, in.dims[2], &p->filter_width, &p->stride_w, &one);
    p->padding = (int32_t)mote_rng_below(rng, 2);
    if (distinct)
        grad_add_distinct(c, rng, &in);
    else
        grad_add_whole(c, rng, &in);
}

static void make_average_pool_2d(grad_case *c, mote_rng *rng)
{
    make_pool(c, rng, false);
}

static void make_max_pool_2d(grad_case *c, mote_rng *rng)
{
    make_pool(c, rng, true);
}

static void make_fully_connected(grad_case *c, mote_rng *rng)
{
    const mote_shape in = grad_random_shape(rng, grad_between(rng, 2, 3), 6);
    ((mote_fully_connected_params *)c->params)->keep_num_dims = in.rank > 2;
    grad_add_whole(c, rng, &in);
    const mote_shape filter = {2, {grad_between(rng, 1, 40), in.dims[in.rank - 1]}}, bias = {1, {filter.dims[0]}};
    grad_add_whole(c, rng, &filter);
    grad_add_whole(c, rng, &bias);
}

static void make_batch_matmul(grad_case *c, mote_rng *rng)
{
    mote_batch_matmul_params *p = c->params;
    p->adj_x = mote_rng_below(rng, 2);
    p->adj_y = mote_rng_below(rng, 2);
    const int32_t batch = grad_between(rng, 1, 3), m = grad_between(rng, 1, 5), k = grad_between(rng, 1, 5),
                  n = grad_between(rng, 1, 5);
    const mote_shape a = {3, {batch, p->adj_x ? k : m, p->adj_x ? m : k}};
    mote_shape b = {3, {mote_rng_below(rng, 2) ? batch : 1, p->adj_y ? n : k, p->adj_y ? k : n}};
    grad_add_whole(c, rng, &a);
    grad_add_whole(c, rng, &b);
}

grad_make_fn *grad_find_window_case(int32_t op)
{
    static const grad_row rows[] = {
        CASE(CONV_2D, conv_2d),
        CASE(DEPTHWISE_CONV_2D, depthwise_conv_2d),
        CASE(TRANSPOSE_CONV, transpose_conv),
        CASE(AVERAGE_POOL_2D, average_pool_2d),
        CASE(MAX_POOL_2D, max_pool_2d),
        CASE(FULLY_CONNECTED, fully_connected),
        CASE(BATCH_MATMUL, batch_matmul),
    };
    return grad_find_row(rows, sizeof rows / sizeof rows[0], op);
}
