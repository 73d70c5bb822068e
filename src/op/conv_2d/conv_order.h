/*
 * Float products summed in the order of TensorFlow's converter while it calibrates: Eigen's matrix products, built for
 * AVX without fused multiply-add. Ranges then have its bits, and with them scales, biases and answers.
 *
 * Eigen walks the filters sixteen at a time, then eight, four and one. The first add up k rising; eight and four take
 * even and odd k apart; single ones keep eight sums. The last rows of the left side that are no group of four, and
 * products with one row, are plain. A long k goes in parts (conv_parts.h). A dense layer's single row keeps eight sums,
 * too, in another order. The bias comes last.
 */
#ifndef MOTE_OP_CONV_2D_CONV_ORDER_H
#define MOTE_OP_CONV_2D_CONV_ORDER_H

#include "kernels/kernels.h"

typedef struct mote_conv_order {
    int64_t row, n_rows;       /* the job's first row, and how many the whole product has */
    int64_t column, n_columns; /* likewise */
    bool is_dense;             /* FULLY_CONNECTED */
    bool of_patches;           /* the left side's rows are gathered from an image: no 1x1 filters */
} mote_conv_order;

/* As the f32_gemm kernel of that table, whose nr says how the right side is packed. */
void mote_conv_order_run(const mote_f32_gemm_job *job, int64_t nr, const mote_conv_order *order, int64_t row_begin,
                         int64_t row_end);

#endif
