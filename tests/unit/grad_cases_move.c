/* Random nodes of the operators that move elements. */
#include "unit/grad_cases.h"

#include "op/accumulate/accumulate.h"
#include "op/gather/gather.h"
#include "op/join/join.h"
#include "op/remap/remap.h"
#include "op/slice/slice.h"
#include "op/space_depth/space_depth.h"

static void make_reshape(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 4);
    grad_add_whole(c, rng, &shape);
    const int32_t to[] = {-1, shape.dims[2]};
    grad_add_ints(c, 2, to);
}

static void make_squeeze(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = {4, {grad_between(rng, 2, 4), 1, grad_between(rng, 2, 4), 1}};
    grad_add_whole(c, rng, &shape);
}

static void make_expand_dims(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 2, 4);
    grad_add_whole(c, rng, &shape);
    const int32_t axis = grad_between(rng, 0, 2);
    grad_add_ints(c, 1, &axis);
}

static void make_transpose(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 4, 4);
    static const int32_t orders[][4] = {{0, 2, 1, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {0, 3, 1, 2}};
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 4, orders[mote_rng_below(rng, 4)]);
}

static void make_pad(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 4), pairs = {2, {3, 2}};
    grad_add_whole(c, rng, &shape);
    int32_t *around = grad_add_input(c, MOTE_INT32, &pairs, false)->data;
    for (int32_t i = 0; i < 6; i++)
        around[i] = grad_between(rng, 0, 2);
    if (c->op == MOTE_OP_PADV2) {
        const mote_shape scalar = {0};
        grad_add_input(c, MOTE_FLOAT32, &scalar, false);
    }
}

static void make_mirror_pad(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 4);
    const mote_shape pairs = {2, {3, 2}};
    mote_mirror_pad_params *p = c->params;
    p->mode = (int32_t)mote_rng_below(rng, 2);
    grad_add_whole(c, rng, &shape);
    int32_t *around = grad_add_input(c, MOTE_INT32, &pairs, false)->data;
    for (int32_t i = 0; i < 6; i++)
        around[i] = grad_between(rng, 0, shape.dims[i / 2] - (p->mode == 0));
}

static void make_slice(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 5);
    int32_t begin[3], size[3];
    for (int32_t d = 0; d < 3; d++) {
        begin[d] = grad_between(rng, 0, shape.dims[d] - 1);
        size[d] = mote_rng_below(rng, 3) ? grad_between(rng, 1, shape.dims[d] - begin[d]) : -1;
    }
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 3, begin);
    grad_add_ints(c, 3, size);
}

static void make_strided_slice(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 6);
    shape.dims[0] += 2;
    mote_strided_slice_params *p = c->params;
    p->begin_mask = (int32_t)mote_rng_below(rng, 8);
    p->end_mask = (int32_t)mote_rng_below(rng, 8);
    p->shrink_axis_mask = mote_rng_below(rng, 3) ? 0 : 2;
    const int32_t begin[] = {0, 0, 0}, end[] = {shape.dims[0], 1, shape.dims[2]};
    const int32_t steps[] = {grad_between(rng, 1, 2), 1, grad_between(rng, 1, 3)};
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 3, begin);
    grad_add_ints(c, 3, end);
    grad_add_ints(c, 3, steps);
}

static void make_concatenation(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 4);
    const int32_t axis = grad_between(rng, 0, 2), n = grad_between(rng, 1, 3);
    ((mote_concatenation_params *)c->params)->axis = mote_rng_below(rng, 2) ? axis : axis - 3;
    for (int32_t i = 0; i < n; i++) {
        shape.dims[axis] = grad_between(rng, 1, 4);
        grad_add_whole(c, rng, &shape);
    }
}

static void make_pack(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 2, 4);
    const int32_t n = grad_between(rng, 1, 3);
    *(mote_pack_params *)c->params = (mote_pack_params){n, grad_between(rng, 0, 2)};
    for (int32_t i = 0; i < n; i++)
        grad_add_whole(c, rng, &shape);
}

static void make_unpack(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 3);
    const int32_t axis = grad_between(rng, 0, 2);
    *(mote_unpack_params *)c->params = (mote_unpack_params){shape.dims[axis], axis};
    c->n_outputs = shape.dims[axis];
    grad_add_whole(c, rng, &shape);
}

static void make_split(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 3);
    const int32_t axis = grad_between(rng, 0, 2);
    c->n_outputs = grad_between(rng, 1, 3);
    ((mote_split_params *)c->params)->num_splits = c->n_outputs;
    shape.dims[axis] *= c->n_outputs;
    grad_add_ints(c, 1, &axis);
    grad_add_whole(c, rng, &shape);
}

static void make_split_v(grad_case *c, mote_rng *rng)
{
    mote_shape shape = grad_random_shape(rng, 3, 3);
    const int32_t axis = grad_between(rng, 0, 2), sizes[] = {grad_between(rng, 1, 3), grad_between(rng, 1, 3)};
    c->n_outputs = 2;
    ((mote_split_v_params *)c->params)->num_splits = 2;
    shape.dims[axis] = sizes[0] + sizes[1];
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 2, sizes);
    grad_add_ints(c, 1, &axis);
}

static void make_gather(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 4);
    const int32_t axis = grad_between(rng, 0, 2);
    ((mote_gather_params *)c->params)->axis = axis;
    int32_t at[5];
    for (int32_t i = 0; i < 5; i++)
        at[i] = grad_between(rng, 0, shape.dims[axis] - 1);
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 5, at);
}

static void make_tile(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 3);
    const int32_t times[] = {grad_between(rng, 1, 3), grad_between(rng, 1, 3), grad_between(rng, 1, 3)};
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 3, times);
}

static void make_broadcast_to(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = {2, {1, grad_between(rng, 1, 4)}};
    const int32_t to[] = {grad_between(rng, 1, 3), grad_between(rng, 1, 4), shape.dims[1]};
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 3, to);
}

static void make_reverse_v2(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 3, 4);
    const int32_t axis = grad_between(rng, 0, 2);
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 1, &axis);
}

static void make_resize(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_image_shape(rng, 3);
    const int32_t size[] = {grad_between(rng, 1, 9), grad_between(rng, 1, 9)};
    mote_resize_params *p = c->params;
    p->half_pixel_centers = mote_rng_below(rng, 2);
    p->align_corners = !p->half_pixel_centers && mote_rng_below(rng, 2);
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 2, size);
}

static void make_space_depth(grad_case *c, mote_rng *rng)
{
    const int32_t block = grad_between(rng, 1, 3);
    const bool to_depth = c->op == MOTE_OP_SPACE_TO_DEPTH;
    mote_shape shape = grad_random_shape(rng, 4, 3);
    shape.dims[1] *= to_depth ? block : 1;
    shape.dims[2] *= to_depth ? block : 1;
    shape.dims[3] *= to_depth ? 1 : block * block;
    ((mote_space_depth_params *)c->params)->block_size = block;
    grad_add_whole(c, rng, &shape);
}

static void make_cumsum(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, grad_between(rng, 1, 4), 4);
    const int32_t axis = grad_between(rng, -shape.rank, shape.rank - 1);
    *(mote_cumsum_params *)c->params = (mote_cumsum_params){mote_rng_below(rng, 2) != 0, mote_rng_below(rng, 2) != 0};
    grad_add_whole(c, rng, &shape);
    grad_add_ints(c, 1, &axis);
}

static void make_select_v2(grad_case *c, mote_rng *rng)
{
    const mote_shape out = grad_random_shape(rng, 3, 4);
    mote_shape shapes[3];
    for (int32_t k = 0; k < 3; k++) {
        shapes[k] = out;
        for (int32_t d = 0; d < 3; d++)
            shapes[k].dims[d] = mote_rng_below(rng, 3) ? out.dims[d] : 1;
    }
    uint8_t *condition = grad_add_input(c, MOTE_BOOL, &shapes[0], false)->data;
    c->inputs[0].tensor.n_bytes = (size_t)mote_shape_count(&shapes[0]);
    for (int64_t i = 0; i < mote_shape_count(&shapes[0]); i++)
        condition[i] = (uint8_t)mote_rng_below(rng, 2);
    grad_add_whole(c, rng, &shapes[1]);
    grad_add_whole(c, rng, &shapes[2]);
}

static void make_cast(grad_case *c, mote_rng *rng)
{
    const mote_shape shape = grad_random_shape(rng, 2, 5);
    grad_add_whole(c, rng, &shape);
}

grad_make_fn *grad_find_moving_case(int32_t op)
{
    static const grad_row rows[] = {
        CASE(RESHAPE, reshape),
        CASE(SQUEEZE, squeeze),
        CASE(EXPAND_DIMS, expand_dims),
        CASE(TRANSPOSE, transpose),
        CASE(PAD, pad),
        CASE(PADV2, pad),
        CASE(MIRROR_PAD, mirror_pad),
        CASE(SLICE, slice),
        CASE(STRIDED_SLICE, strided_slice),
        CASE(CONCATENATION, concatenation),
        CASE(PACK, pack),
        CASE(UNPACK, unpack),
        CASE(SPLIT, split),
        CASE(SPLIT_V, split_v),
        CASE(GATHER, gather),
        CASE(TILE, tile),
        CASE(BROADCAST_TO, broadcast_to),
        CASE(REVERSE_V2, reverse_v2),
        CASE(RESIZE_BILINEAR, resize),
        CASE(RESIZE_NEAREST_NEIGHBOR, resize),
        CASE(SPACE_TO_DEPTH, space_depth),
        CASE(DEPTH_TO_SPACE, space_depth),
        CASE(CUMSUM, cumsum),
        CASE(SELECT_V2, select_v2),
        CASE(CAST, cast),
    };
    return grad_find_row(rows, sizeof rows / sizeof rows[0], op);
}
