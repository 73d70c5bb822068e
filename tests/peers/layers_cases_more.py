"""More models for check_layers.py: masks, and layers that are put together from several operators."""

from layers_cases import case, recurrent


def masked(d):
    """A sequence of which about half the steps count, and the input it comes from. None of its numbers is so near to
    what hides it that an integer could not tell."""
    if d.flag():
        first = d.K.Input((d.int(6, 9),), dtype="int32")
        return first, d.L.Embedding(9, d.int(1, 5), mask_zero=True)(first)
    first = d.K.Input((d.int(6, 9), 1))
    return first, d.L.Masking(0.0)(d.L.ReLU(threshold=0.25)(first))


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


def whole(d, shape, name=None):
    return d.K.Input(shape, dtype="int32", name=name)


def hidden(d, layer, x, mask):
    """The layer on x under a mask, as code gives it: by name, or by position."""
    return layer(x, mask=mask) if d.flag() else layer(x, mask)


@case
def softmax_under_a_mask(d):
    L, shape = d.L, d.one((7,), (5, 4))
    more = {"robust_masking": True} if not d.is3 and d.flag() else {}
    axis = d.one(-1, 1, [1, 2]) if len(shape) == 2 else -1
    first, second = d.K.Input(shape), d.one(whole(d, shape), d.K.Input(shape))
    if "int" in str(second.dtype):  # all hidden, over several axes: Keras 2's logarithm rounds to parts of 1 each
        return d.K.Model([first, second], hidden(d, L.Softmax(axis, **more), first, second > (d.one(3, 9) if axis == -1 else 3)))
    return d.K.Model([first, second], hidden(d, L.Softmax(axis, **more), first, second))


@case
def softmax_under_parts_of_a_mask(d):
    first, part = d.K.Input((5, 7, 4)), d.K.Input((5, 7, 1))
    return d.K.Model([first, part], d.L.Softmax(axis=d.int(1, 2))(first, mask=part))


@case
def pooling_under_a_mask(d):
    first, ids = d.K.Input((7, 4)), whole(d, (7,))
    return d.K.Model([first, ids], hidden(d, d.L.GlobalAveragePooling1D(keepdims=d.flag()), first, ids > 3))


@case
def mask_by_name_goes_on(d):
    L = d.L
    first, ids = d.K.Input((7, 4)), whole(d, (7,))
    layer = d.one(L.TimeDistributed(L.Dense(3)), L.GRU(3, return_sequences=True), L.BatchNormalization(),
                  L.TimeDistributed(d.K.Sequential([d.K.Input((4,)), L.Dense(3)])))
    if not d.is3 and isinstance(layer, L.BatchNormalization):
        return None  # which has no such argument there
    return d.K.Model([first, ids], L.GlobalAveragePooling1D()(layer(first, mask=ids > 3)))


@case
def rnn_under_a_mask(d):
    L, first, ids = d.L, d.K.Input((7, 4)), whole(d, (7,))
    layer = d.one(L.GRU(3), L.Bidirectional(L.LSTM(2)))
    if d.is3 and d.flag():
        return d.K.Model([first, ids], layer(first, None, ids > 3))
    if d.flag():
        return d.K.Model([first, ids], layer(first, mask=ids > 3))
    state = d.K.Input((3,))
    return d.K.Model([first, ids, state], L.GRU(3)(first, mask=ids > 3, initial_state=state))


@case
def attention_under_masks(d):
    L = d.L
    a, b, m, n = d.K.Input((7, 4)), d.K.Input((5, 4)), whole(d, (7,)), whole(d, (5,))
    masks = d.one([m > 3, n > 3], [None, n > 3], [m > 3, None])
    y = hidden(d, d.one(L.Attention(), L.AdditiveAttention()), [a, b], masks)
    return d.K.Model([a, b, m, n], [y, L.GlobalAveragePooling1D()(y)])


@case
def attention_of_a_hidden_key(d):
    if not d.is3:  # which has no such arguments
        return None
    a, b, n = d.K.Input((7, 4)), d.K.Input((5, 4)), whole(d, (5,))
    return d.K.Model([a, b, n], d.L.MultiHeadAttention(2, 3)(a, b, **{d.one("key_mask", "value_mask"): n > 3}))


@case
def model_under_a_mask(d):
    """The mask holds inside of the model, and for nothing that reads the same tensor outside."""
    L, K = d.L, d.K
    first, ids, inner = K.Input((7, 4)), whole(d, (7,)), K.Input((7, 4))
    model = d.one(K.Model(inner, L.GRU(3)(inner)), K.Sequential([K.Input((7, 4)), L.Dense(3), L.GlobalAveragePooling1D()]))
    return K.Model([first, ids], [model(first, mask=ids > 3), L.GlobalAveragePooling1D()(first)])


@case
def model_of_a_masked_dict(d):
    L, K = d.L, d.K
    ends = {"zeta": K.Input((7, 4), name="zeta"), "alpha": K.Input((7, 4), name="alpha")}
    means = [L.GlobalAveragePooling1D()(end) for end in ends.values()]
    model = K.Model(ends if d.flag() else list(ends.values()), means)
    ids, plain = whole(d, (7,)), K.Input((7, 4))
    x = [L.Embedding(9, 4, mask_zero=True)(ids), plain]
    return K.Model([ids, plain], model(dict(zip(d.one(["zeta", "alpha"], ["alpha", "zeta"]), x))))


@case
def model_of_listed_masks(d):
    L, K = d.L, d.K
    a, b = K.Input((7, 4)), K.Input((7, 4))
    model = K.Model([a, b], [L.GlobalAveragePooling1D()(a), L.GlobalAveragePooling1D()(b)])
    x, y, ids = K.Input((7, 4)), K.Input((7, 4)), whole(d, (7,))
    return K.Model([x, y, ids], model([x, y], mask=d.one([None, ids > 3], [ids > 3, None], [ids > 3, ids > 2])))


@case
def heads_taken_apart(d):
    """Queries, keys and values by a transpose that puts them before the batch."""
    ops = d.K.ops if d.is3 else d.tf
    first = d.K.Input((7, 6))
    x = ops.reshape(d.L.Dense(24)(first), (-1, 7, 3, 2, 4))
    x = ops.transpose(x, d.one((2, 0, 3, 1, 4), (2, 0, 1, 3, 4)))
    q, k, v = d.one(lambda: [x[i] for i in range(3)], lambda: ops.unstack(x, 3, axis=0))()
    return d.K.Model(first, ops.matmul(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))), v))


@case
def resized_to_another(d):
    """To the size that another image has, as code reads it."""
    a, b = d.K.Input((9, 12, 3)), d.K.Input((5, 4, 3))
    if d.is3:
        return d.K.Model([a, b], d.K.ops.image.resize(b, a.shape[1:3]) + a)
    tf = d.tf
    size = d.one(lambda: tf.shape(a)[1:3], lambda: [tf.shape(a)[1], tf.shape(a)[2]], lambda: a.shape[1:3])()
    x = tf.image.resize(b, size)
    return d.K.Model([a, b], tf.reshape(x + a, d.one(lambda: tf.shape(a), lambda: [tf.shape(a)[0], -1, 3])()))


@case
def tiled_by_the_batch(d):
    """A detector's anchors, with a row for each of the batch."""
    if d.is3:
        return None
    tf, first = d.tf, d.K.Input((5, 4))
    anchors = tf.constant(d.rng.normal(0, 1, (1, 5, 2)), "float32")
    rows = tf.tile(anchors, [tf.shape(first)[0], 1, d.int(1, 2)])
    return d.K.Model(first, tf.concat([first, rows], axis=-1))


@case
def random_layers_of_keras_3(d):
    if not d.is3:
        return None
    L = d.L
    layer = d.one(lambda: L.RandomHue(0.2), lambda: L.RandomErasing(), lambda: L.RandomGrayscale(0.5), lambda: L.RandAugment(),
                  lambda: L.RandomShear(0.1, 0.1), lambda: L.RandomSharpness(0.3), lambda: L.RandomPerspective(),
                  lambda: L.RandomColorJitter(brightness_factor=0.2), lambda: L.RandomGaussianBlur(), lambda: L.CutMix(),
                  lambda: L.RandomInvert(0.5), lambda: L.RandomElasticTransform(), lambda: L.AugMix(), lambda: L.MixUp())
    return d.chain(d.image(3, 8), layer(), L.Conv2D(2, 3))


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
