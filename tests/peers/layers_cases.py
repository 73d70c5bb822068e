"""Keras models for check_layers.py: for each layer a function that draws a configuration and builds a small model.

K is keras (3) or tf_keras (2), tf is tensorflow. A case that one of the two does not have says so by returning None.
"""

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Draw:
    """Random choices, and the models made of them."""

    def __init__(self, K, tf, rng):
        self.K, self.tf, self.rng = K, tf, rng
        self.L = K.layers
        self.is3 = not K.__name__.startswith("tf_keras")

    def one(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def int(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def flag(self):
        return bool(self.rng.integers(2))

    def image(self, channels=None, least=6):
        return (self.int(least, 12), self.int(least, 12), channels or self.int(1, 6))

    def sequence(self, channels=None, least=6):
        return (self.int(least, 14), channels or self.int(1, 6))

    def any_shape(self):
        return self.one((self.int(1, 9),), self.sequence(), self.image())

    def activation(self):
        return self.one(None, "relu", "tanh", "swish", "sigmoid", "elu")

    def chain(self, shape, *layers, dtype=None):
        first = x = self.K.Input(shape, dtype=dtype)
        for layer in layers:
            x = layer(x)
        return self.K.Model(first, x)

    def merge(self, shapes, layer):
        inputs = [self.K.Input(s) for s in shapes]
        return self.K.Model(inputs, layer(inputs))

    def inline(self, shape, function, n=1):
        inputs = [self.K.Input(shape) for _ in range(n)]
        return self.K.Model(inputs, function(*inputs))


# --- convolutions ---

def window(d, n, pads=("valid", "same"), stride=True):
    kernel = [d.int(1, 4) for _ in range(n)]
    strides = [1] * n
    dilation = [1] * n
    if stride and d.flag():
        strides = [d.int(1, 3)] * n if n == 2 else [d.int(1, 3)]
    elif d.flag():
        dilation = [d.int(1, 2) for _ in range(n)]
    return dict(kernel_size=kernel, strides=strides, padding=d.one(*pads), dilation_rate=dilation, use_bias=d.flag(),
                activation=d.activation())


@case
def conv_1d(d):
    return d.chain(d.sequence(4, 9), d.L.Conv1D(4, groups=d.one(1, 1, 2), **window(d, 1, ("valid", "same", "causal"))))


@case
def conv_2d(d):
    return d.chain(d.image(4, 9), d.L.Conv2D(8, groups=d.one(1, 1, 2, 4), **window(d, 2)))


@case
def depthwise_conv_1d(d):
    return d.chain(d.sequence(None, 9), d.L.DepthwiseConv1D(depth_multiplier=d.int(1, 3), **window(d, 1)))


@case
def depthwise_conv_2d(d):
    return d.chain(d.image(None, 9), d.L.DepthwiseConv2D(depth_multiplier=d.int(1, 3), **window(d, 2)))


@case
def separable_conv_1d(d):
    pads = ("valid", "same", "causal") if not d.is3 else ("valid", "same")
    return d.chain(d.sequence(None, 9), d.L.SeparableConv1D(5, depth_multiplier=d.int(1, 3), **window(d, 1, pads)))


@case
def separable_conv_2d(d):
    return d.chain(d.image(None, 9), d.L.SeparableConv2D(5, depth_multiplier=d.int(1, 3), **window(d, 2)))


def transposed(d, n):
    stride = d.int(1, 3)
    padding = d.one("valid", "same")
    out = None
    if stride > 1 and d.flag():
        out = d.int(0, stride - 1)
    return dict(kernel_size=d.int(stride, 4), strides=stride, padding=padding, output_padding=out, use_bias=d.flag(),
                activation=d.activation())


@case
def conv_1d_transpose(d):
    return d.chain(d.sequence(), d.L.Conv1DTranspose(4, **transposed(d, 1)))


@case
def conv_2d_transpose(d):
    return d.chain(d.image(), d.L.Conv2DTranspose(4, **transposed(d, 2)))


@case
def dense(d):
    return d.chain(d.any_shape(), d.L.Dense(5, use_bias=d.flag(), activation=d.activation()))


@case
def channels_first(d):
    form = dict(data_format="channels_first")
    shape = (4, 11, 12)
    layer = d.one(
        lambda: d.L.MaxPooling2D(2, **form), lambda: d.L.AveragePooling2D(3, padding="same", **form),
        lambda: d.L.GlobalAveragePooling2D(**form), lambda: d.L.GlobalMaxPooling2D(keepdims=True, **form),
        lambda: d.L.UpSampling2D(2, **form), lambda: d.L.ZeroPadding2D(((1, 2), (3, 0)), **form),
        lambda: d.L.Cropping2D(((1, 2), (3, 0)), **form), lambda: d.L.Flatten(**form))
    return d.chain(shape, layer())


# --- activations ---

@case
def activation(d):
    names = ["relu", "relu6", "sigmoid", "tanh", "elu", "selu", "swish", "silu", "gelu", "softmax", "exponential",
             "softplus", "softsign", "mish", "hard_sigmoid", "leaky_relu", "linear"]
    if d.is3:
        names += ["celu", "glu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "log_sigmoid", "log_softmax",
                  "soft_shrink", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh_shrink", "threshold"]
    name = d.one(*[n for n in names if d.K.activations.get(n) is not None and (d.is3 or hasattr(d.K.activations, n))])
    shape = d.image(4)
    if name == "threshold":
        return None  # has parameters without defaults
    return d.chain(shape, d.L.Activation(name))


@case
def relu_layer(d):
    return d.chain(d.any_shape(), d.L.ReLU(max_value=d.one(None, 6.0, 1.0, 2.5), negative_slope=d.one(0.0, 0.0, 0.1),
                                           threshold=d.one(0.0, 0.0, 0.3)))


@case
def thresholded_relu(d):
    return None if d.is3 else d.chain(d.any_shape(), d.L.ThresholdedReLU(d.one(0.5, 1.0)))


@case
def leaky_relu(d):
    return d.chain(d.any_shape(), d.L.LeakyReLU(d.one(0.1, 0.3, 1.5)))


@case
def prelu(d):
    return d.chain(d.image(), d.L.PReLU(shared_axes=d.one(None, [1, 2], [1])))


@case
def elu(d):
    return d.chain(d.any_shape(), d.L.ELU(d.one(1.0, 0.5)))


@case
def softmax(d):
    return d.chain(d.image(), d.L.Softmax(axis=d.one(-1, 1, 2, [1, 2])))


# --- normalization ---

@case
def batch_normalization(d):
    shape = d.any_shape()
    return d.chain(shape, d.L.BatchNormalization(axis=d.int(1, len(shape)), scale=d.flag(), center=d.flag(),
                                                 epsilon=d.one(1e-3, 1e-2)))


@case
def batch_normalization_behind(d):
    layer = d.one(lambda: d.L.Conv2D(3, 3), lambda: d.L.DepthwiseConv2D(3), lambda: d.L.Conv2DTranspose(3, 3, 2))
    return d.chain(d.image(), layer(), d.L.BatchNormalization(), d.L.ReLU())


@case
def layer_normalization(d):
    shape = d.one(d.sequence(), d.image())
    axis = d.one(-1, [-1], 1, [1, 2]) if len(shape) < 3 else d.one(-1, [2, 3], [1, 2, 3], [1, 3], 2)
    return d.chain(shape, d.L.LayerNormalization(axis=axis, scale=d.flag(), center=d.flag()))


@case
def group_normalization(d):
    if not hasattr(d.L, "GroupNormalization"):
        return None
    shape = d.one(d.image(6), d.sequence(6))
    return d.chain(shape, d.L.GroupNormalization(d.one(1, 2, 3, 6, -1), scale=d.flag(), center=d.flag()))


@case
def unit_normalization(d):
    return d.chain(d.image(), d.L.UnitNormalization(axis=d.one(-1, 1, [1, 2])))


@case
def rms_normalization(d):
    return d.chain(d.image(), d.L.RMSNormalization()) if d.is3 else None


# --- pooling ---

@case
def pooling(d):
    if d.flag():
        layer = d.one(d.L.MaxPooling2D, d.L.AveragePooling2D)
        return d.chain(d.image(), layer(d.one(2, 3, (2, 3)), strides=d.one(None, 1, 2), padding=d.one("valid", "same")))
    layer = d.one(d.L.MaxPooling1D, d.L.AveragePooling1D)
    return d.chain(d.sequence(), layer(d.one(2, 3), strides=d.one(None, 1, 2), padding=d.one("valid", "same")))


@case
def global_pooling(d):
    if d.flag():
        return d.chain(d.image(), d.one(d.L.GlobalMaxPooling2D, d.L.GlobalAveragePooling2D)(keepdims=d.flag()))
    return d.chain(d.sequence(), d.one(d.L.GlobalMaxPooling1D, d.L.GlobalAveragePooling1D)(keepdims=d.flag()))


# --- merging ---

@case
def merging(d):
    names = ["Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"]
    name = d.one(*names)
    n = 2 if name == "Subtract" else d.int(2, 4)
    shape = d.any_shape()
    shapes = [shape] * n
    if len(shape) == 3 and d.flag():
        shapes[1] = (1, 1, shape[2])
    return d.merge(shapes, getattr(d.L, name)())


@case
def concatenate(d):
    shape = d.image()
    axis = d.int(1, 3)
    shapes = [tuple(d.int(1, 5) if i == axis - 1 else n for i, n in enumerate(shape)) for _ in range(d.int(2, 4))]
    return d.merge(shapes, d.L.Concatenate(axis=d.one(axis, axis - 4)))


@case
def dot(d):
    kind = d.int(0, 3)
    if kind == 0:
        return d.merge([(6,), (6,)], d.L.Dot(axes=1, normalize=d.flag()))
    if kind == 1:
        return d.merge([(5, 6), (5, 4)], d.L.Dot(axes=1))
    if kind == 2:
        return d.merge([(5, 6), (4, 6)], d.L.Dot(axes=2, normalize=d.flag()))
    return d.merge([(5, 6), (6, 4)], d.L.Dot(axes=(2, 1)))


# --- shapes ---

@case
def reshaping(d):
    return d.chain((4, 6, 2), d.one(d.L.Reshape((6, 8)), d.L.Reshape((-1, 3)), d.L.Reshape((2, 2, -1)), d.L.Flatten(),
                                    d.L.Permute((3, 1, 2)), d.L.Permute((2, 1, 3))))


@case
def repeat_vector(d):
    return d.chain((5,), d.L.RepeatVector(d.int(1, 4)))


@case
def around(d):
    pair = (d.int(0, 2), d.int(1, 2))
    if d.flag():
        return d.chain(d.sequence(), d.one(d.L.ZeroPadding1D, d.L.Cropping1D)(d.one(pair, 1)))
    return d.chain(d.image(), d.one(d.L.ZeroPadding2D, d.L.Cropping2D)(d.one((pair, pair), pair, 1)))


@case
def up_sampling(d):
    if d.flag():
        return d.chain(d.sequence(), d.L.UpSampling1D(d.int(1, 3)))
    return d.chain(d.image(), d.L.UpSampling2D(d.one(2, (1, 3)), interpolation=d.one("nearest", "bilinear")))


# --- preprocessing ---

@case
def rescaling(d):
    return d.chain(d.image(3), d.L.Rescaling(d.one(1 / 255.0, [0.1, 0.2, 0.3]), d.one(0.0, -1.0, [0.1, 0.2, 0.3])))


@case
def normalization(d):
    channels = d.int(1, 4)
    mean = [float(v) for v in d.rng.normal(size=channels)]
    variance = [float(v) for v in d.rng.uniform(0.5, 2, size=channels)]
    if d.flag():
        return d.chain(d.image(channels), d.L.Normalization(mean=mean, variance=variance, invert=d.flag()))
    layer = d.L.Normalization(axis=d.one(-1, None))
    layer.adapt(d.rng.normal(size=(16, 6, 7, channels)).astype("float32"))
    return d.chain((6, 7, channels), layer)


@case
def resizing(d):
    return d.chain(d.image(), d.L.Resizing(d.int(3, 15), d.int(3, 15), interpolation=d.one("bilinear", "nearest"),
                                           crop_to_aspect_ratio=d.flag()))


@case
def center_crop(d):
    return d.chain(d.image(), d.L.CenterCrop(d.int(3, 14), d.int(3, 14)))


@case
def random_layers(d):
    L = d.L
    layers = [L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom(0.2), L.RandomTranslation(0.1, 0.2),
              L.RandomContrast(0.2), L.RandomBrightness(0.2), L.GaussianNoise(0.2), L.GaussianDropout(0.2),
              L.Dropout(0.3), L.SpatialDropout2D(0.3), L.ActivityRegularization(0.1)]
    return d.chain(d.image(3), d.one(*layers), L.Conv2D(2, 3))


@case
def random_crop(d):
    if d.is3:  # leaves the image as it is at inference, whatever its shape says
        return None
    return d.chain(d.image(3, 8), d.L.RandomCrop(d.int(3, 12), d.int(3, 12)))


# --- sequences and attention ---

def recurrent(d, **more):
    name = d.one("SimpleRNN", "LSTM", "GRU")
    settings = dict(return_sequences=d.flag(), go_backwards=d.flag(), use_bias=d.flag(),
                    activation=d.one("tanh", "tanh", "relu"))
    if name != "SimpleRNN":
        settings["recurrent_activation"] = d.one("sigmoid", "sigmoid", "hard_sigmoid")
    if name == "GRU":
        settings["reset_after"] = d.flag()
    return getattr(d.L, name)(d.int(1, 5), **{**settings, **more})


@case
def rnn(d):
    return d.chain(d.sequence(None, 1), recurrent(d))


@case
def rnn_stacked(d):
    return d.chain(d.sequence(), recurrent(d, return_sequences=True), recurrent(d), d.L.Dense(3))


@case
def rnn_states(d):
    first = d.K.Input(d.sequence())
    return d.K.Model(first, recurrent(d, return_state=True)(first))


@case
def rnn_from_state(d):
    first, state = d.K.Input((5, 3)), d.K.Input((4,))
    return d.K.Model([first, state], d.L.GRU(4, reset_after=d.flag())(first, initial_state=state))


@case
def rnn_cell(d):
    cell = d.one(d.L.SimpleRNNCell, d.L.LSTMCell, d.L.GRUCell)
    return d.chain(d.sequence(), d.L.RNN(cell(4), return_sequences=d.flag()))


@case
def rnn_long(d):
    return d.chain((70, 3), d.one(d.L.LSTM, d.L.GRU)(3, return_sequences=d.flag()))


@case
def bidirectional(d):
    inner = recurrent(d, go_backwards=False)
    return d.chain(d.sequence(), d.L.Bidirectional(inner, merge_mode=d.one("concat", "sum", "mul", "ave", None)))


@case
def time_distributed(d):
    if d.flag():
        return d.chain((4, *d.image(3)), d.L.TimeDistributed(d.one(
            d.L.Conv2D(2, 3, activation="relu"), d.L.DepthwiseConv2D(3), d.L.MaxPooling2D(2), d.L.Flatten(),
            d.L.BatchNormalization(), d.L.GlobalAveragePooling2D())))
    return d.chain(d.sequence(), d.L.TimeDistributed(d.L.Dense(3, activation="tanh")))


@case
def embedding(d):
    return d.chain((d.int(1, 9),), d.L.Embedding(9, d.int(1, 5)), dtype="int32")


@case
def multi_head_attention(d):
    L, K = d.L, d.K
    layer = L.MultiHeadAttention(d.int(1, 3), d.int(1, 4), value_dim=d.one(None, 5), use_bias=d.flag(),
                                 output_shape=d.one(None, 7))
    first, second = K.Input((5, 6)), K.Input((4, 6))
    if d.flag():
        return K.Model(first, layer(first, first, use_causal_mask=d.flag()))
    if d.flag():
        return K.Model([first, second], layer(first, second))
    third = K.Input((4, 3))
    return K.Model([first, second, third], layer(first, second, key=third))


@case
def attention(d):
    layer = d.one(lambda: d.L.Attention(use_scale=d.flag()), lambda: d.L.AdditiveAttention(use_scale=d.flag()))()
    shapes = [(5, 6), (4, 6)] + ([(4, 6)] if d.flag() else [])
    return d.merge(shapes, layer)


@case
def einsum_dense(d):
    equation, shape, axes, sizes = d.one(
        ("abc,cd->abd", (None, 4), "d", (5, 6)), ("ab,bc->ac", 4, None, (6,)),
        ("abc,cde->abde", (None, 2, 3), "de", (5, 6)), ("abcd,cde->abe", (None, 4), "e", (5, 2, 3)),
        ("...x,xy->...y", 4, "y", (5, 6)))
    return d.chain(sizes, d.L.EinsumDense(equation, output_shape=shape, bias_axes=axes, activation=d.activation()))


# --- what code writes inline ---

def inline_shared(d):
    tf, K = d.tf, d.K
    ops = K.ops if d.is3 else None
    pick = (lambda two, three: three if d.is3 else two)
    return [
        lambda x: x + 1.5, lambda x: 1.0 - x, lambda x: x / 127.5 - 1.0, lambda x: x * [1.0, 2.0, 3.0, 4.0],
        lambda x: -x, lambda x: x**2, lambda x: abs(x) ** 0.5, lambda x: abs(x) ** 1.3, lambda x: 2.0 / (abs(x) + 1.0),
        lambda x: x[:, 1:], lambda x: x[:, ::2, 1:-1], lambda x: x[..., 0], lambda x: x[:, -1], lambda x: x[..., ::-1],
        lambda x: x[:, :, 2, None], lambda x: x[:, 1:3, ..., 1:2], lambda x: x[..., None],
        lambda x: x - x[:, :1], lambda x: x * x, lambda x: x + x[:, 0:1, 0:1],
        pick(lambda x: tf.reduce_mean(x, [1, 2], keepdims=True), lambda x: ops.mean(x, [1, 2], keepdims=True)),
        pick(lambda x: tf.reduce_sum(x, -1), lambda x: ops.sum(x, -1)),
        pick(lambda x: tf.reduce_max(x, axis=[1, 2]), lambda x: ops.max(x, axis=[1, 2])),
        pick(lambda x: tf.reduce_min(x, axis=1), lambda x: ops.min(x, axis=1)),
        pick(lambda x: tf.math.reduce_std(x, [1, 2]), lambda x: ops.std(x, [1, 2])),
        pick(lambda x: tf.math.reduce_variance(x, -1, keepdims=True), lambda x: ops.var(x, -1, keepdims=True)),
        pick(lambda x: tf.reduce_logsumexp(x, -1), lambda x: ops.logsumexp(x, -1)),
        pick(lambda x: tf.concat([x, x * 2.0], -1), lambda x: ops.concatenate([x, x * 2.0], -1)),
        pick(lambda x: tf.stack([x, -x], 1), lambda x: ops.stack([x, -x], 1)),
        pick(lambda x: tf.split(x, 2, axis=-1)[1], lambda x: ops.split(x, 2, axis=-1)[1]),
        pick(lambda x: tf.concat(tf.split(x, [1, 3], axis=-1)[::-1], -1),
             lambda x: ops.concatenate(ops.split(x, [1, 3], axis=-1)[::-1], -1)),
        pick(lambda x: tf.unstack(x, axis=-1)[2], lambda x: ops.unstack(x, axis=-1)[2]),
        pick(lambda x: tf.reshape(x, [-1, 12, 16]), lambda x: ops.reshape(x, [-1, 12, 16])),
        pick(lambda x: tf.reshape(x, [tf.shape(x)[0], 6, -1]), lambda x: ops.reshape(x, [-1, 6, 32])),
        pick(lambda x: tf.transpose(x, [0, 3, 1, 2]), lambda x: ops.transpose(x, [0, 3, 1, 2])),
        pick(lambda x: tf.expand_dims(x, 1), lambda x: ops.expand_dims(x, 1)),
        pick(lambda x: tf.squeeze(x[:, :1], 1), lambda x: ops.squeeze(x[:, :1], 1)),
        pick(lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]),
             lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]])),
        pick(lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], mode="REFLECT"),
             lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], mode="reflect")),
        pick(lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], constant_values=1.5),
             lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], constant_values=1.5)),
        pick(lambda x: tf.clip_by_value(x, -0.5, 0.7), lambda x: ops.clip(x, -0.5, 0.7)),
        pick(lambda x: tf.where(x > 0.0, x, 0.1 * x), lambda x: ops.where(x > 0.0, x, 0.1 * x)),
        pick(lambda x: tf.where(x > 0.0, x, 0.25), lambda x: ops.where(x > 0.0, x, 0.25)),
        pick(lambda x: tf.maximum(x, 0.1), lambda x: ops.maximum(x, 0.1)),
        pick(lambda x: tf.minimum(x, x[:, :, ::-1]), lambda x: ops.minimum(x, x[:, :, ::-1])),
        pick(lambda x: tf.matmul(x, x, transpose_b=True), lambda x: ops.matmul(x, ops.transpose(x, [0, 1, 3, 2]))),
        pick(lambda x: tf.image.resize(x, (5, 7)), lambda x: ops.image.resize(x, (5, 7))),
        pick(lambda x: tf.image.resize(x, (5, 7), method="nearest"),
             lambda x: ops.image.resize(x, (5, 7), interpolation="nearest")),
        pick(lambda x: tf.cast(x * 3.0, tf.int32), lambda x: ops.floor(x * 3.0)),
        pick(lambda x: tf.tile(x, [1, 2, 1, 3]), lambda x: ops.tile(x, [1, 2, 1, 3])),
        pick(lambda x: tf.repeat(x, 2, axis=1), lambda x: ops.repeat(x, 2, axis=1)),
        pick(lambda x: tf.gather(x, [0, 3, 1], axis=2), lambda x: ops.take(x, [0, 3, 1], axis=2)),
        pick(lambda x: tf.reverse(x, [1, 2]), lambda x: ops.flip(x, 1)),
        pick(lambda x: tf.roll(x, 1, axis=1), lambda x: ops.roll(x, 1, axis=1)),
        pick(lambda x: tf.nn.l2_normalize(x, -1), lambda x: ops.normalize(x)),
        pick(lambda x: tf.norm(x, axis=-1), lambda x: ops.sqrt(ops.sum(ops.square(x), -1))),
        pick(lambda x: tf.argmax(x, -1), lambda x: ops.argmax(x, -1)),
        pick(lambda x: tf.nn.moments(x, [1, 2])[1], lambda x: ops.moments(x, [1, 2])[1]),
        pick(lambda x: tf.nn.depth_to_space(x, 2), lambda x: ops.swapaxes(x, 1, 2)),
        pick(lambda x: tf.nn.space_to_depth(x, 2), lambda x: ops.max(x, -1)),
        pick(lambda x: tf.nn.avg_pool2d(x, 2, 2, "SAME"), lambda x: ops.average_pool(x, 2, padding="same")),
        pick(lambda x: tf.nn.max_pool2d(x, 3, 1, "VALID"), lambda x: ops.max_pool(x, 3, 1)),
        pick(lambda x: tf.nn.bias_add(x, [0.1, 0.2, 0.3, 0.4]), lambda x: x + ops.array([0.1, 0.2, 0.3, 0.4])),
        pick(lambda x: tf.exp(x) + tf.math.log(abs(x) + 1.0), lambda x: ops.exp(x) + ops.log(ops.abs(x) + 1.0)),
        pick(lambda x: tf.sin(x) * tf.cos(x), lambda x: ops.sin(x) * ops.cos(x)),
        pick(lambda x: tf.math.rsqrt(x * x + 1.0), lambda x: ops.rsqrt(x * x + 1.0)),
        pick(lambda x: tf.math.squared_difference(x, 0.5), lambda x: ops.square(x - 0.5)),
        pick(lambda x: x * tf.nn.relu6(x + 3.0) / 6.0, lambda x: x * ops.relu6(x + 3.0) / 6.0),
        pick(lambda x: x * (tf.nn.relu6(x + 3.0) * (1 / 6)), lambda x: ops.hard_silu(x)),
        pick(lambda x: tf.nn.leaky_relu(x), lambda x: ops.leaky_relu(x)),
        pick(lambda x: tf.nn.gelu(x, approximate=True), lambda x: ops.gelu(x, approximate=True)),
        pick(lambda x: tf.nn.gelu(x), lambda x: ops.gelu(x, approximate=False)),
        pick(lambda x: tf.nn.silu(x), lambda x: ops.silu(x)),
        pick(lambda x: tf.nn.softmax(x, axis=1), lambda x: ops.softmax(x, axis=1)),
        pick(lambda x: tf.nn.log_softmax(x), lambda x: ops.log_softmax(x)),
        pick(lambda x: tf.nn.softplus(x), lambda x: ops.softplus(x)),
        pick(lambda x: tf.add_n([x, x, x]), lambda x: ops.add(x, x)),
    ]


@case
def inline(d):
    function = d.one(*inline_shared(d))
    return d.inline((6, 8, 4), function)


inline.seeds = 140
