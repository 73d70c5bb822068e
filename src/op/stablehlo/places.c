/* What gathering and scattering share: walking shapes, and finding vectors of indices. */
#include "op/stablehlo/stablehlo.h"

bool mote_dims_contain(const mote_i64_vec *dims, int64_t dim)
{
    for (int32_t i = 0; i < dims->n; i++)
        if (dims->values[i] == dim)
            return true;
    return false;
}

bool mote_dims_are_distinct(const mote_i64_vec *dims, int64_t n)
{
    if (dims->n > n)
        return false;
    for (int32_t i = 0; i < dims->n; i++) {
        if (dims->values[i] < 0 || dims->values[i] >= n)
            return false;
        for (int32_t k = 0; k < i; k++)
            if (dims->values[k] == dims->values[i])
                return false;
    }
    return true;
}

bool mote_next_place(const mote_shape *shape, int64_t *at)
{
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        if (++at[d] < shape->dims[d])
            return true;
        at[d] = 0;
    }
    return false;
}

int64_t mote_index_vector_size(const mote_shape *indices, int64_t vector_dim)
{
    return vector_dim == indices->rank ? 1 : indices->dims[vector_dim];
}

int64_t mote_index_vector(const mote_shape *indices, int64_t vector_dim, const int64_t *at, int64_t *stride)
{
    int64_t first = 0, step = 1;
    int32_t from = indices->rank - (vector_dim == indices->rank ? 0 : 1);
    *stride = 1;
    for (int32_t d = indices->rank - 1; d >= 0; d--) {
        if (d == vector_dim)
            *stride = step;
        else
            first += at[--from] * step;
        step *= indices->dims[d];
    }
    return first;
}
