"""More models for check_layers.py: masks, and layers that are put together from several operators."""

from layers_cases import case, recurrent


def masked(d):
    """A sequence of which about half the steps count, and the input it comes from."""
    if d.flag():
        first = d.K.Input((d.int(6, 9),), dtype="int32")
        return first, d.L.Embedding(9, d.int(1, 5), mask_zero=True)(first)
    first = d.K.Input((d.int(6, 9), 1))
    return first, d.L.Masking(0.0)(d.L.ReLU()(first))


@case
def masked_rnn(d):
    first, x = masked(d)
    return d.K.Model(first, recurrent(d)(x))


@case
def masked_rnn_state(d):
    first, x = masked(d)
    state = d.K.Input((4,))
    inner = d.L.GRU(4, return_sequences=d.flag(), return_state=True)
    return d.K.Model([first, state], inner(x, initial_state=state))


@case
def masked_rnn_cell(d):
    first, x = masked(d)
    return d.K.Model(first, d.L.RNN(d.L.LSTMCell(3), return_sequences=True, zero_output_for_mask=d.flag())(x))


@case
def masked_bidirectional(d):
    first, x = masked(d)
    inner = recurrent(d, go_backwards=False)
    return d.K.Model(first, d.L.Bidirectional(inner, merge_mode=d.one("concat", "sum", "mul", "ave"))(x))


@case
def mask_carried(d):
    L = d.L
    first = d.K.Input((d.int(6, 9),), dtype="int32")
    x = L.Embedding(9, 4, mask_zero=True)(first)
    x = d.one(L.SpatialDropout1D(0.2), L.LayerNormalization(), L.Dense(4), L.Activation("relu"), L.BatchNormalization(),
              L.TimeDistributed(L.Dense(4)), L.Rescaling(2.0), L.Conv1D(4, 3, padding="same"),
              L.Bidirectional(L.LSTM(2, return_sequences=True)), L.GRU(4, return_sequences=True))(x)
    return d.K.Model(first, [L.GlobalAveragePooling1D()(x), L.GRU(2)(x), L.GlobalMaxPooling1D()(x)])


@case
def masks_merged(d):
    L = d.L
    a, b = d.K.Input((7,), dtype="int32"), d.K.Input((7,), dtype="int32")
    x, y = L.Embedding(9, 4, mask_zero=True)(a), L.Embedding(9, 4, mask_zero=d.flag())(b)
    z = d.one(L.Add(), L.Average(), L.Multiply(), L.Concatenate())([x, y])
    return d.K.Model([a, b], L.LSTM(3)(z))


@case
def masks_in_a_row(d):
    L = d.L
    a, b = d.K.Input((7,), dtype="int32"), d.K.Input((5,), dtype="int32")
    embed = L.Embedding(9, 4, mask_zero=True)
    return d.K.Model([a, b], L.GRU(3)(L.Concatenate(axis=1)([embed(a), embed(b)])))


@case
def masked_attention(d):
    L = d.L
    a, b = d.K.Input((7,), dtype="int32"), d.K.Input((5,), dtype="int32")
    x, y = L.Embedding(9, 4, mask_zero=True)(a), L.Embedding(9, 4, mask_zero=True)(b)
    kind = d.int(0, 4)
    if kind == 0:
        return d.K.Model([a, b], L.Attention()([x, y]))
    if kind == 1:
        return d.K.Model([a, b], L.AdditiveAttention()([x, y]))
    if kind == 2:
        z = L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=d.flag())
        return d.K.Model(a, [z, L.GlobalAveragePooling1D()(L.Dense(2)(z))])
    if kind == 3:
        return d.K.Model(a, L.MultiHeadAttention(2, 3)(x, x, return_attention_scores=True))
    return d.K.Model([a, b], L.MultiHeadAttention(2, 3)(x, y))


@case
def attention_with_a_given_mask(d):
    first, mask = d.K.Input((7, 4)), d.K.Input((7, 7))
    return d.K.Model([first, mask], d.L.MultiHeadAttention(2, 3)(first, first, attention_mask=mask > 0.0))


@case
def mask_by_name(d):
    first, ids = d.K.Input((7, 4)), d.K.Input((7,), dtype="int32")
    return d.K.Model([first, ids], recurrent(d)(first, mask=ids > 3))


@case
def dilated_transposed(d):
    if d.flag():
        return d.chain(d.sequence(), d.L.Conv1DTranspose(4, d.int(2, 4), dilation_rate=d.int(2, 3),
                                                         padding=d.one("valid", "same"), use_bias=d.flag()))
    return d.chain(d.image(), d.L.Conv2DTranspose(4, d.int(2, 4), dilation_rate=d.one(2, (1, 3)),
                                                  padding=d.one("valid", "same"), use_bias=d.flag()))


@case
def einsum_dense_of_any_kind(d):
    equation, shape, axes, sizes = d.one(
        ("abc,bcd->abd", (4, 3), "d", (4, 5)), ("abcd,ce->abed", (4, 7, 3), "e", (4, 5, 3)),
        ("abc,bd->adc", (7, 5), "dc", (4, 5)), ("...abc,acd->...abd", (3, 5, 2), None, (3, 5, 4)),
        ("abcd,dbe->aceb", (5, 2, 3), "b", (3, 5, 4)), ("ab,cb->ac", 6, "c", (5,)))
    return d.chain(sizes, d.L.EinsumDense(equation, output_shape=shape, bias_axes=axes, activation=d.activation()))


@case
def einsum_inline(d):
    if not d.is3:  # Keras 2 does not save what tf.einsum was called on
        return None
    einsum = d.K.ops.einsum
    equation, *shapes = d.one(("bqd,bkd->bqk", (4, 3), (5, 3)), ("bhqd,bkhd->bhqk", (2, 4, 3), (5, 2, 3)),
                              ("bij->bji", (4, 3)), ("bij,bj->bi", (4, 3), (3,)), ("bc,bhwc->bhw", (3,), (4, 5, 3)),
                              ("bijk->bk", (2, 3, 4)))
    inputs = [d.K.Input(shape) for shape in shapes]
    return d.K.Model(inputs, einsum(equation, *inputs))


@case
def model_in_time(d):
    L = d.L
    image = d.K.Input(d.image(3))
    x = L.BatchNormalization()(L.Conv2D(4, 3)(image))
    inner = d.K.Model(image, d.one(lambda: L.GlobalAveragePooling2D()(x), lambda: L.Dense(2)(L.Flatten()(x)))())
    if d.flag():
        inner = d.K.Sequential([d.K.Input(image.shape[1:]), inner, L.Dense(3)])
    return d.chain((3, *image.shape[1:]), L.TimeDistributed(inner), L.LSTM(2))
