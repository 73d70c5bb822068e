"""Models whose graphs and weights are hard to read from a file. Each case takes (keras, L, K): the Keras module, its
layers, and its major version; it returns a model, or (model, extra flags of mote)."""

import numpy as np


def backbone(keras, L, name="backbone", size=16):
    image = L.Input((size, size, 3))
    x = L.Conv2D(4, 3, name="c1")(image)
    x = L.BatchNormalization(name="b1")(x)
    x = L.Conv2D(5, 3, use_bias=False, name="c2")(x)
    x = L.BatchNormalization(name="b2", scale=False)(x)
    return keras.Model(image, x, name=name)


def sequential(keras, L, K):
    return keras.Sequential([L.Input((8, 8, 3)), L.Conv2D(4, 3), L.Flatten(), L.Dense(3)], name="plain")


def sequential_input_shape(keras, L, K):
    return keras.Sequential([L.Conv2D(4, 3, input_shape=(8, 8, 3)), L.Flatten(), L.Dense(3)], name="shaped")


def sequential_built_late(keras, L, K):
    model = keras.Sequential([L.Conv2D(4, 3), L.BatchNormalization(), L.Flatten(), L.Dense(3)], name="late")
    model(np.zeros((1, 8, 8, 3), "f"))
    return model


def sequential_in_sequential(keras, L, K):
    inner = keras.Sequential([L.Dense(5, activation="relu"), L.Dense(4)], name="inner")
    return keras.Sequential([L.Input((6,)), inner, L.ReLU(), L.Dense(2)], name="outer")


def functional_in_sequential(keras, L, K):
    return keras.Sequential([L.Input((16, 16, 3)), L.Rescaling(0.5), backbone(keras, L), L.GlobalMaxPooling2D(),
                             L.Dense(2)], name="head")


def model_called_twice(keras, L, K):
    shared = backbone(keras, L)
    a, b = L.Input((16, 16, 3), name="a"), L.Input((16, 16, 3), name="b")
    x, y = shared(a), shared(b)
    z = L.GlobalAveragePooling2D()(L.Concatenate()([x, y]))
    return keras.Model([a, b], [L.Dense(3, name="d")(z), L.Subtract(name="s")([y, x])], name="twice")


def models_four_deep(keras, L, K):
    inner = backbone(keras, L)
    inner.layers[1].trainable = False
    i = L.Input((16, 16, 3))
    middle = keras.Model(i, L.ReLU()(inner(L.Rescaling(0.5)(i))), name="middle")
    j = L.Input((16, 16, 3))
    outer = keras.Model(j, L.AveragePooling2D(2)(middle(j)), name="outer")
    k = L.Input((16, 16, 3))
    head = keras.Sequential([L.GlobalAveragePooling2D(), L.Dense(4, activation="relu"), L.Dropout(0.5), L.Dense(2)],
                            name="top")
    return keras.Model(k, head(outer(k)), name="deep")


def outputs_of_a_shared_model(keras, L, K):
    shared = backbone(keras, L)
    i = L.Input((16, 16, 3))
    return keras.Model(i, [shared(i), shared(L.Rescaling(2.0)(i))], name="both")


def model_with_two_ends(keras, L, K):
    a, b = L.Input((6,), name="p"), L.Input((4,), name="q")
    x = L.Dense(4)(a)
    inner = keras.Model([a, b], [L.Add(name="plus")([x, b]), L.Dense(3, name="three")(b)], name="pair")
    c, d = L.Input((6,), name="r"), L.Input((4,), name="t")
    y, z = inner([c, d])
    return keras.Model([c, d], [L.Dense(2, name="from_z")(z), L.ReLU(name="from_y")(y)], name="two_ends")


def shared_layer(keras, L, K):
    dense = L.Dense(6, activation="relu")
    a = L.Input((6,))
    return keras.Model(a, dense(dense(dense(a))), name="thrice")


def shared_layer_of_two_shapes(keras, L, K):
    conv = L.Conv2D(3, 3, padding="same")
    a, b = L.Input((8, 8, 3), name="a"), L.Input((6, 6, 3), name="b")
    return keras.Model([a, b], [conv(a), conv(b)], name="shapes")


def taps_in_the_middle(keras, L, K):
    i = L.Input((8, 8, 3))
    x = L.Conv2D(4, 3, name="first")(i)
    y = L.Conv2D(4, 3, name="second")(x)
    return keras.Model(i, [y, x], name="taps")


def inputs_by_name(keras, L, K):
    a, b = L.Input((5,), name="zeta"), L.Input((5,), name="alpha")
    x = L.Subtract()([a, b])
    return keras.Model({"zeta": a, "alpha": b}, {"p": L.Dense(2, name="p")(x), "k": L.Dense(3, name="k")(x)},
                       name="named")


def open_sizes(keras, L, K):
    i = L.Input((None, None, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, padding="same")(i))
    return keras.Model(i, L.Dense(2)(x), name="open"), ["--input-shape", "12x12x3"]


def fixed_batch(keras, L, K):
    i = L.Input((8,), batch_size=1)
    return keras.Model(i, L.Dense(3)(i), name="one_by_one")


def inline_arithmetic(keras, L, K):
    i = L.Input((8, 8, 3))
    x = L.Conv2D(4, 3)(i)
    y = 2.0 * x + 1.0 - x / 4.0
    return keras.Model(i, L.GlobalAveragePooling2D()(y), name="inline")


def frozen_and_trained(keras, L, K):
    inner = backbone(keras, L)
    inner.trainable = False
    i = L.Input((16, 16, 3))
    model = keras.Model(i, L.Dense(2)(L.GlobalAveragePooling2D()(inner(i, training=False))), name="tuned")
    model.compile("adam", "mse")
    model.fit(np.random.rand(4, 16, 16, 3), np.random.rand(4, 2), verbose=0)
    return model


def partly_frozen(keras, L, K):
    inner = backbone(keras, L)
    inner.trainable = False
    inner.layers[3].trainable = True
    i = L.Input((16, 16, 3))
    return keras.Model(i, L.Dense(2)(L.GlobalAveragePooling2D()(inner(i))), name="partly")


def normalization_inside(keras, L, K):
    norm = L.Normalization()
    norm.adapt(np.random.rand(20, 8, 8, 3).astype("f"))
    i = L.Input((8, 8, 3))
    inner = keras.Model(i, L.Conv2D(4, 3, name="c")(norm(i)), name="prepared")
    j = L.Input((8, 8, 3))
    return keras.Model(j, L.Flatten()(inner(j)), name="normal")


def layers_of_layers(keras, L, K):
    i = L.Input((6, 4))
    x = L.Bidirectional(L.LSTM(3, return_sequences=True))(i)
    x = L.TimeDistributed(L.Dense(4))(x)
    x = L.GRU(3, return_sequences=True)(x)
    x = L.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(i, L.Flatten()(x), name="composed")


def attention_by_keyword(keras, L, K):
    i, j = L.Input((6, 4), name="queries"), L.Input((5, 4), name="values")
    return keras.Model([i, j], L.MultiHeadAttention(2, 3)(query=i, value=j, key=j) if K == 3 else
                       L.MultiHeadAttention(2, 3)(i, value=j, key=j), name="keyword")


def input_as_output(keras, L, K):
    i = L.Input((6,), name="given")
    x = L.Dense(3)(i)
    return keras.Model(i, [x, i, x], name="passes")


def renamed_backbone(keras, L, K, prefix, name):
    """Layers renamed once their weights are made: the weights keep the names that they were made with."""
    layers = [L.Conv2D(4, 3, name="c1"), L.BatchNormalization(name="b1"), L.Conv2D(5, 3, use_bias=False, name="c2"),
              L.BatchNormalization(name="b2", scale=False)]
    image = x = L.Input((16, 16, 3))
    for layer in layers:
        x = layer(x)
    for layer in layers:
        setattr(layer, "_name" if K == 2 else "name", prefix + layer.name)
    return keras.Model(image, x, name=name)


def renamed_inside(keras, L, K):
    left, right = renamed_backbone(keras, L, K, "left_", "left"), renamed_backbone(keras, L, K, "right_", "right")
    i = L.Input((16, 16, 3))
    return keras.Model(i, L.Add()([left(i), right(i)]), name="sides")


def renamed_and_frozen(keras, L, K):
    inner = renamed_backbone(keras, L, K, "old_", "inner")
    inner.layers[1].trainable = False
    i = L.Input((16, 16, 3))
    middle = keras.Model(i, L.Dense(6, name="wide")(inner(i)), name="middle")
    middle.layers[-1].trainable = False
    j = L.Input((16, 16, 3))
    frozen = renamed_backbone(keras, L, K, "ice_", "ice")
    frozen.trainable = False
    x = L.Concatenate()([middle(j), frozen(j)])
    return keras.Model(j, L.Dense(2)(L.GlobalAveragePooling2D()(x)), name="outer")


def names_with_separators(keras, L, K):
    at = "/" if K == 2 else "."
    i = L.Input((8, 8, 3), name="in" + at + "image")
    x = L.Conv2D(4, 3, name="block1" + at + "conv")(i)
    x = L.BatchNormalization(name="block1" + at + "conv" + at + "bn")(x)
    inner = keras.Sequential([L.Input((6, 6, 4)), L.Conv2D(3, 3, name="a" + at + "b"),
                              L.BatchNormalization(name="a" + at + "c")], name="m" + at + "n")
    return keras.Model(i, L.Flatten(name="x" + at + "y")(inner(x)), name="paths")


def inputs_unlike_creation(keras, L, K):
    a, b, c = L.Input((3,), name="a"), L.Input((4,), name="b"), L.Input((5,), name="c")
    x = L.Concatenate()([L.Dense(2)(a), L.Dense(2)(b), L.Dense(2)(c)])
    return keras.Model([c, a, b], [L.Dense(2, name="second")(x), L.Dense(3, name="first")(x)], name="order")


def model_called_with_names(keras, L, K):
    a, b = L.Input((5,), name="zeta"), L.Input((5,), name="alpha")
    inner = keras.Model([a, b], [L.Dense(2)(L.Subtract()([a, b])), L.Dense(3)(a)], name="inner")
    c, d = L.Input((5,), name="one"), L.Input((5,), name="two")
    y, z = inner({"zeta": c, "alpha": d})
    return keras.Model([c, d], [z, y], name="named_inside")


def calls_outside_of_the_model(keras, L, K):
    dense, inner = L.Dense(6), keras.Sequential([L.Input((6,)), L.Dense(6)], name="inner")
    elsewhere = L.Input((6,))
    inner(dense(elsewhere))
    i = L.Input((6,))
    return keras.Model(i, [inner(dense(dense(i))), inner(i)], name="cut")


def bytes_in(keras, L, K):
    i = L.Input((8, 8, 3), dtype="uint8")
    return keras.Model(i, L.Flatten()(L.Conv2D(2, 3)(L.Rescaling(1 / 255.0)(i))), name="bytes")


def numbers_in(keras, L, K):
    i, j = L.Input((5,), dtype="int32"), L.Input((5,), dtype="int64")
    embed = L.Embedding(10, 4)
    return keras.Model([i, j], L.Dense(3)(L.Flatten()(L.Add()([embed(i), embed(j)]))), name="numbers")


def batch_of_four(keras, L, K):
    i = L.Input((8, 8, 3), batch_size=4)
    x = L.Conv2D(4, 3, strides=2)(i)
    x = L.Reshape((-1, 3))(L.Conv2DTranspose(3, 3, strides=2)(x))
    return keras.Model(i, L.Dense(2)(L.Flatten()(x)), name="four")


def batch_of_four_sequences(keras, L, K):
    i = L.Input((6, 3), batch_size=4)
    x = L.LSTM(4, return_sequences=True)(i)
    x = L.TimeDistributed(L.Dense(3))(L.MultiHeadAttention(2, 3)(x, x))
    return keras.Model(i, L.Bidirectional(L.GRU(2))(x), name="four_sequences")


def of_type(keras, L, dtype):
    i = L.Input((8, 8, 3), dtype=dtype)
    x = L.GlobalAveragePooling2D(dtype=dtype)(L.Conv2D(4, 3, dtype=dtype)(i))
    return keras.Model(i, L.Dense(2, dtype=dtype)(x), name=dtype)


def model_in_time(keras, L, K):
    i = L.Input((3, 16, 16, 3))
    x = L.TimeDistributed(backbone(keras, L))(i)
    head = keras.Sequential([L.Input((12, 12, 5)), L.Flatten(), L.Dense(4), L.BatchNormalization()], name="head")
    return keras.Model(i, L.LSTM(3)(L.TimeDistributed(head)(x)), name="video")


def masked_words(keras, L, K):
    i = L.Input((7,), dtype="int32")
    inner_in = L.Input((7, 4))
    inner = keras.Model(inner_in, L.LSTM(3, return_sequences=True)(L.Dense(5)(inner_in)), name="inner")
    x = inner(L.Embedding(10, 4, mask_zero=True)(i))
    return keras.Model(i, [L.GlobalAveragePooling1D()(x), L.Bidirectional(L.GRU(2))(x)], name="words")


def half(keras, L, K):
    return of_type(keras, L, "float16")


half.tolerance = 2e-3  # Keras computes in half precision, mote in float32 with the same weights


def brain_half(keras, L, K):
    if K == 2:  # does not read its own file
        return None
    return of_type(keras, L, "bfloat16")


brain_half.tolerance = 2e-2


def double(keras, L, K):
    return of_type(keras, L, "float64")


def mixed_precision(keras, L, K):
    get = keras.mixed_precision.global_policy if K == 2 else keras.config.dtype_policy
    choose = keras.mixed_precision.set_global_policy if K == 2 else keras.config.set_dtype_policy
    before = get()
    choose("mixed_float16")
    try:
        i = L.Input((8, 8, 3))
        x = L.BatchNormalization()(L.Conv2D(4, 3, activation="relu")(i))
        x = L.GlobalAveragePooling2D()(x)
        return keras.Model(i, L.Dense(2, activation="softmax", dtype="float32")(x), name="mixed")
    finally:
        choose(before)


mixed_precision.tolerance = 2e-3


def many_layers(keras, L, K):
    i = x = L.Input((4,))
    for at in range(60):
        x = L.Dense(4, name=f"a_dense_layer_with_quite_a_long_name_{at:03d}_" + "x" * 200)(x)
        x = L.ReLU(name=f"a_relu_layer_with_quite_a_long_name_{at:03d}_" + "y" * 200)(x) if at % 9 == 0 else x
    # 64 KiB of layer names and more: Keras splits the attribute.
    for at in range(250):
        x = L.ReLU(name=f"r{at:03d}_" + "z" * 240)(x)
    return keras.Model(i, x, name="long")


CASES = [value for name, value in list(globals().items()) if callable(value) and name not in
         ("backbone", "renamed_backbone", "of_type")]
