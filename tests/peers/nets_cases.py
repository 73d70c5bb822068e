"""Small networks for check_nets.py, each of a kind that people train: a function that builds it.

n is a Net: K is keras (3) or tf_keras (2), L its layers. A network that one of the two cannot have returns None.
"""

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Net:
    """Keras, and the few steps that networks share."""

    def __init__(self, K, tf):
        self.K, self.L, self.tf = K, K.layers, tf
        self.is3 = not K.__name__.startswith("tf_keras")

    def image(self, size=16, channels=3, name=None):
        return self.K.Input((size, size, channels), name=name)

    def conv(self, x, filters, size=3, activation=None, norm=True, **settings):
        x = self.L.Conv2D(filters, size, padding=settings.pop("padding", "same"), use_bias=not norm, **settings)(x)
        x = self.L.BatchNormalization()(x) if norm else x
        return self.L.Activation(activation)(x) if activation else x

    def depthwise(self, x, size=3, activation=None, **settings):
        x = self.L.DepthwiseConv2D(size, padding=settings.pop("padding", "same"), use_bias=False, **settings)(x)
        x = self.L.BatchNormalization()(x)
        return self.L.Activation(activation)(x) if activation else x

    def head(self, x, classes=5):
        x = self.L.GlobalAveragePooling2D()(x)
        x = self.L.Dropout(0.2)(x)
        return self.L.Dense(classes, activation="softmax")(x)

    def squeeze_excite(self, x, reduced, activation="swish", gate="sigmoid", dense=False):
        filters = x.shape[-1]
        s = self.L.GlobalAveragePooling2D(keepdims=not dense)(x)
        if dense:
            s = self.L.Reshape((1, 1, filters))(self.L.Dense(filters, gate)(self.L.Dense(reduced, activation)(s)))
        else:
            s = self.L.Conv2D(filters, 1, activation=gate)(self.L.Conv2D(reduced, 1, activation=activation)(s))
        return self.L.Multiply()([x, s])


# --- images ---

@case
def convnext(n):
    """Stem, two blocks of depthwise 7x7, LayerNormalization, GELU and a learned scale, a step down between them."""
    image = n.image(24)
    x = n.L.Conv2D(16, 4, strides=4)(n.L.Rescaling(1 / 2.0, 0.1)(image))
    x = n.L.LayerNormalization(epsilon=1e-6)(x)
    for stage, filters in enumerate((16, 24)):
        if stage:
            x = n.L.Conv2D(filters, 2, strides=2)(n.L.LayerNormalization(epsilon=1e-6)(x))
        for _ in range(2):
            y = n.L.DepthwiseConv2D(7, padding="same")(x)
            y = n.L.LayerNormalization(epsilon=1e-6)(y)
            y = n.L.Activation("gelu")(n.L.Dense(4 * filters)(y))
            y = n.L.Dense(filters)(y)
            x = n.L.Add()([x, n.L.Activation("linear")(y)])
    x = n.L.GlobalAveragePooling2D()(x)
    return n.K.Model(image, n.L.Dense(5)(n.L.LayerNormalization(epsilon=1e-6)(x)))


@case
def convnext_tanh(n):
    """GELU by its tanh form, as inline code writes it, and a scale of the block as inline code."""
    image = n.image(16)
    x = n.conv(image, 16, 4, strides=4, norm=False)
    y = n.L.DepthwiseConv2D(3, padding="same")(x)
    y = n.L.LayerNormalization()(y)
    y = n.L.Dense(64)(y)
    y = n.K.ops.gelu(y, approximate=True) if n.is3 else n.tf.nn.gelu(y, approximate=True)
    y = n.L.Dense(16)(y) * 0.7
    return n.K.Model(image, n.head(x + y))


@case
def efficientnet_v2(n):
    """Fused inverted residuals, then plain ones with squeeze and excite; swish throughout."""
    image = n.image(24)
    x = n.conv(n.L.Rescaling(1 / 128.0, -1.0)(image), 8, 3, "swish", strides=2)
    y = n.conv(x, 8, 3, "swish")
    x = n.L.Add()([x, y])
    y = n.conv(x, 32, 3, "swish", strides=2)
    x = n.conv(y, 16, 1)
    y = n.conv(n.conv(x, 64, 3, "swish"), 16, 1)
    x = n.L.Add()([x, n.L.Dropout(0.1, noise_shape=(None, 1, 1, 1))(y)])
    y = n.depthwise(n.conv(x, 64, 1, "swish"), 3, "swish", strides=2)
    x = n.conv(n.squeeze_excite(y, 4), 24, 1)
    y = n.depthwise(n.conv(x, 96, 1, "swish"), 5, "swish")
    x = n.L.Add()([x, n.conv(n.squeeze_excite(y, 6), 24, 1)])
    return n.K.Model(image, n.head(n.conv(x, 64, 1, "swish")))


@case
def inception(n):
    """Branches of factored windows and of average pooling, joined; a reduction with max pooling; normalization without
    scale, as InceptionV3 has it."""
    def unit(x, filters, rows, columns, strides=1, padding="same"):
        x = n.L.Conv2D(filters, (rows, columns), strides=strides, padding=padding, use_bias=False)(x)
        return n.L.Activation("relu")(n.L.BatchNormalization(scale=False)(x))
    image = n.image(20)
    x = n.L.MaxPooling2D(3, strides=2)(unit(unit(image, 8, 3, 3, padding="valid"), 12, 3, 3))
    for _ in range(2):
        a = unit(x, 8, 1, 1)
        b = unit(unit(x, 6, 1, 1), 8, 5, 5)
        c = unit(unit(unit(x, 6, 1, 1), 8, 1, 7), 8, 7, 1)
        d = unit(n.L.AveragePooling2D(3, strides=1, padding="same")(x), 4, 1, 1)
        x = n.L.Concatenate()([a, b, c, d])
    a = unit(x, 12, 3, 3, 2, "valid")
    b = unit(unit(x, 8, 1, 1), 12, 3, 3, 2, "valid")
    x = n.L.Concatenate()([a, b, n.L.MaxPooling2D(3, strides=2)(x)])
    left, right = unit(x, 8, 1, 3), unit(x, 8, 3, 1)
    x = n.L.Concatenate()([unit(x, 8, 1, 1), n.L.Concatenate()([left, right]), n.L.AveragePooling2D(3, 1, "same")(x)])
    return n.K.Model(image, n.head(x))


@case
def inception_resnet(n):
    """Joined branches scaled down and added, then ReLU."""
    image = n.image(16)
    x = n.conv(image, 16, 3, "relu", strides=2)
    for scale in (0.17, 0.1):
        y = n.L.Concatenate()([n.conv(x, 8, 1, "relu"), n.conv(n.conv(x, 8, 1, "relu"), 8, 3, "relu")])
        y = n.L.Conv2D(16, 1)(y)
        x = n.L.ReLU()(n.L.Add()([x, n.L.Rescaling(scale)(y)]))
    return n.K.Model(image, n.head(x))


@case
def autoencoder(n):
    """Down by strides, up by transposed convolutions, ended by a sigmoid."""
    image = n.image(16)
    x = n.conv(image, 8, 3, "relu", strides=2)
    x = n.conv(x, 16, 3, "relu", strides=2)
    x = n.L.Dense(12, activation="relu")(n.L.Flatten()(x))
    x = n.L.Reshape((4, 4, 16))(n.L.Dense(4 * 4 * 16)(x))
    x = n.L.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
    x = n.L.Conv2DTranspose(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = n.L.LeakyReLU()(n.L.BatchNormalization()(x))
    return n.K.Model(image, n.L.Conv2D(3, 3, padding="same", activation="sigmoid")(x))


@case
def autoencoder_two(n):
    """Two transposed convolutions of one image, which follow its batch together; one is cropped."""
    image = n.image(32)
    x = n.L.Rescaling(1 / 255.0)(image)
    for filters in (8, 12, 16):
        x = n.L.LeakyReLU(0.2)(n.conv(x, filters, 4, strides=2))
    for filters in (12, 8):
        x = n.L.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)(x)
        x = n.L.ReLU()(n.L.BatchNormalization()(x))
    x = n.L.Conv2DTranspose(6, 3, strides=2, padding="same", output_padding=1, activation="elu")(x)
    a = n.L.Conv2DTranspose(3, 5, activation="sigmoid")(x)
    b = n.L.Conv2DTranspose(3, 3, strides=(1, 2), padding="same", activation="tanh")(x)
    return n.K.Model(image, [n.L.Cropping2D(2)(a), b])


@case
def autoencoder_up(n):
    """Down by pooling, up by nearest and by bilinear doubling, ended by tanh."""
    image = n.image(16)
    x = n.L.MaxPooling2D(2)(n.conv(image, 8, 3, "elu"))
    x = n.L.AveragePooling2D(2)(n.conv(x, 16, 3, "elu"))
    x = n.conv(x, 8, 3, "relu")
    x = n.conv(n.L.UpSampling2D(2)(x), 8, 3, "relu")
    x = n.L.UpSampling2D(2, interpolation="bilinear")(x)
    return n.K.Model(image, n.L.Conv2D(3, 3, padding="same", activation="tanh")(x))


@case
def shuffle(n):
    """Grouped convolutions and channels shuffled by layers."""
    def shuffled(x, groups):
        rows, columns, channels = x.shape[1:]
        x = n.L.Reshape((rows, columns, groups, channels // groups))(x)
        x = n.L.Permute((1, 2, 4, 3))(x)
        return n.L.Reshape((rows, columns, channels))(x)
    image = n.image(16)
    x = n.L.MaxPooling2D(3, strides=2, padding="same")(n.conv(image, 12, 3, "relu"))
    for _ in range(2):
        y = n.conv(x, 12, 1, "relu", groups=3)
        y = n.depthwise(shuffled(y, 3), 3)
        y = n.conv(y, 12, 1, groups=3)
        x = n.L.ReLU()(n.L.Add()([x, y]))
    y = n.conv(n.depthwise(shuffled(n.conv(x, 12, 1, "relu", groups=3), 3), 3, strides=2), 12, 1, groups=3)
    x = n.L.ReLU()(n.L.Concatenate()([n.L.AveragePooling2D(3, strides=2, padding="same")(x), y]))
    return n.K.Model(image, n.head(x))


@case
def shuffle_inline(n):
    """ShuffleNetV2: channels split and shuffled by inline code."""
    ops = n.K.ops if n.is3 else n.tf
    image = n.image(16)
    x = n.conv(image, 16, 3, "relu", strides=2)
    for _ in range(2):
        left, right = (ops.split(x, 2, axis=-1) if n.is3 else n.tf.split(x, 2, axis=-1))
        right = n.conv(n.depthwise(n.conv(right, 8, 1, "relu")), 8, 1, "relu")
        x = ops.concatenate([left, right], axis=-1) if n.is3 else n.tf.concat([left, right], -1)
        x = ops.reshape(x, (-1, 8, 8, 2, 8))
        x = ops.transpose(x, (0, 1, 2, 4, 3))
        x = ops.reshape(x, (-1, 8, 8, 16))
    left, right = x[:, :, :, :8], x[:, :, :, 8:]
    x = n.L.Add()([n.conv(left, 12, 1, "relu6"), n.conv(right, 12, 1, "relu6")])
    return n.K.Model(image, n.head(x))


@case
def unet(n):
    """Contracting with VALID windows, expanding with cropped skips."""
    image = n.image(28)
    skips, x = [], image
    for filters in (6, 12):
        x = n.conv(n.conv(x, filters, 3, "relu", padding="valid"), filters, 3, "relu", padding="same")
        skips.append(x)
        x = n.L.MaxPooling2D(2)(x)
    x = n.conv(x, 16, 3, "relu")
    for filters, skip in zip((12, 6), skips[::-1]):
        x = n.L.Conv2DTranspose(filters, 2, strides=2)(x)
        crop = skip.shape[1] - x.shape[1]
        skip = n.L.Cropping2D(((crop // 2, crop - crop // 2),) * 2)(skip) if crop else skip
        x = n.conv(n.L.Concatenate()([skip, x]), filters, 3, "relu")
    return n.K.Model(image, n.L.Conv2D(4, 1, activation="softmax")(x))


@case
def densenet(n):
    """Normalization and ReLU in front of convolutions, everything concatenated."""
    image = n.image(16)
    x = n.L.ZeroPadding2D(3)(image)
    x = n.L.ReLU()(n.L.BatchNormalization(epsilon=1.001e-5)(n.L.Conv2D(8, 7, strides=2, use_bias=False)(x)))
    x = n.L.MaxPooling2D(3, strides=2)(n.L.ZeroPadding2D(1)(x))
    for stage in range(2):
        for _ in range(3):
            y = n.L.ReLU()(n.L.BatchNormalization(epsilon=1.001e-5)(x))
            y = n.L.ReLU()(n.L.BatchNormalization(epsilon=1.001e-5)(n.L.Conv2D(16, 1, use_bias=False)(y)))
            x = n.L.Concatenate()([x, n.L.Conv2D(4, 3, padding="same", use_bias=False)(y)])
        x = n.L.ReLU()(n.L.BatchNormalization(epsilon=1.001e-5)(x))
        if stage == 0:
            x = n.L.AveragePooling2D(2, strides=2)(n.L.Conv2D(10, 1, use_bias=False)(x))
    return n.K.Model(image, n.head(x))


@case
def mobilenet_v3(n):
    """Hard swish and hard sigmoid, as keras.applications writes them."""
    def hard_sigmoid(x):
        return n.L.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)

    def hard_swish(x):
        return n.L.Multiply()([x, hard_sigmoid(x)])
    image = n.image(16)
    x = hard_swish(n.conv(n.L.Rescaling(1 / 127.5, -1.0)(image), 8, 3, strides=2))
    y = n.L.ReLU()(n.conv(x, 24, 1))
    y = n.L.ReLU()(n.depthwise(n.L.ZeroPadding2D(((0, 1), (0, 1)))(y), 3, strides=2, padding="valid"))
    s = n.L.GlobalAveragePooling2D(keepdims=True)(y)
    s = hard_sigmoid(n.L.Conv2D(24, 1)(n.L.ReLU()(n.L.Conv2D(8, 1)(s))))
    x = n.conv(n.L.Multiply()([y, s]), 12, 1)
    y = hard_swish(n.conv(x, 48, 1))
    y = hard_swish(n.depthwise(y, 5))
    x = n.L.Add()([x, n.conv(y, 12, 1)])
    x = hard_swish(n.conv(x, 32, 1))
    x = n.L.GlobalAveragePooling2D(keepdims=True)(x)
    x = hard_swish(n.L.Conv2D(32, 1)(x))
    return n.K.Model(image, n.L.Softmax()(n.L.Flatten()(n.L.Conv2D(5, 1)(x))))


@case
def mobilenet_v3_names(n):
    """The same activations by name."""
    image = n.image(16)
    swish = "hard_silu" if n.is3 else "swish"
    x = n.conv(image, 8, 3, swish, strides=2)
    x = n.squeeze_excite(n.depthwise(n.conv(x, 24, 1, swish), 5, swish), 6, "relu", "hard_sigmoid")
    return n.K.Model(image, n.head(n.conv(x, 12, 1)))


@case
def cbam(n):
    """Attention over channels, by two dense layers that are called twice, and over pixels."""
    image = n.image(32)
    x = n.conv(n.L.Rescaling(1 / 255.0)(image), 12, 3, "relu", strides=2)
    for filters in (16, 24):
        x = n.conv(x, filters, 3, "relu", strides=2)
        narrow, wide = n.L.Dense(filters // 4, activation="relu"), n.L.Dense(filters)
        a, b = wide(narrow(n.L.GlobalAveragePooling2D()(x))), wide(narrow(n.L.GlobalMaxPooling2D()(x)))
        gate = n.L.Reshape((1, 1, filters))(n.L.Activation("sigmoid")(n.L.Add()([a, b])))
        x = n.L.Multiply()([x, gate])
        mean, most = (n.K.ops.mean, n.K.ops.max) if n.is3 else (n.tf.reduce_mean, n.tf.reduce_max)
        s = n.L.Concatenate()([mean(x, -1, keepdims=True), most(x, -1, keepdims=True)])
        x = n.L.Multiply()([x, n.L.Conv2D(1, 7, padding="same", activation="sigmoid", use_bias=False)(s)])
    return n.K.Model(image, n.head(x))


@case
def resnet_v2(n):
    """Normalization first; a shortcut by pooling; PReLU."""
    image = n.image(16)
    x = n.conv(image, 12, 3, norm=False, strides=2)
    for k in range(3):
        y = n.L.ReLU()(n.L.BatchNormalization()(x))
        y = n.conv(y, 8, 1, "relu")
        y = n.conv(y, 8, 3, "relu", strides=1 + (k == 1))
        x = n.L.Add()([n.L.MaxPooling2D(1, strides=2)(x) if k == 1 else x, n.L.Conv2D(12, 1)(y)])
    x = n.L.PReLU(shared_axes=[1, 2])(n.L.BatchNormalization()(x))
    return n.K.Model(image, n.head(x))


@case
def vgg(n):
    """Biased convolutions, Flatten, wide dense layers; the normalization behind the activation."""
    image = n.image(16)
    x = n.L.Conv2D(8, 3, padding="same", activation="relu")(image)
    x = n.L.MaxPooling2D()(n.L.BatchNormalization()(x))
    x = n.L.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = n.L.MaxPooling2D()(n.L.BatchNormalization()(x))
    x = n.L.Dense(32, activation="relu")(n.L.Flatten()(x))
    x = n.L.Dense(24, activation="tanh")(n.L.BatchNormalization()(x))
    return n.K.Model(image, n.L.Dense(5, activation="softmax")(n.L.Dropout(0.5)(x)))


@case
def squeezenet(n):
    """Fire modules; global max pooling."""
    image = n.image(18)
    x = n.L.MaxPooling2D(3, strides=2)(n.L.Conv2D(12, 3, strides=1, activation="relu")(image))
    for filters in (4, 6):
        x = n.L.Conv2D(filters, 1, activation="relu")(x)
        left = n.L.Conv2D(8, 1, activation="relu")(x)
        x = n.L.Concatenate()([left, n.L.Conv2D(8, 3, padding="same", activation="relu")(x)])
    x = n.L.Conv2D(5, 1, activation="relu")(x)
    return n.K.Model(image, n.L.Activation("softmax")(n.L.GlobalMaxPooling2D()(x)))


@case
def deeplab(n):
    """Dilated branches, an image-wide branch brought back by resizing, separable convolutions."""
    image = n.image(24)
    x = n.conv(n.conv(image, 8, 3, "relu", strides=2), 16, 3, "relu", strides=2)
    branches = [n.conv(x, 8, 1, "relu")]
    for rate in (2, 3):
        y = n.L.SeparableConv2D(8, 3, padding="same", dilation_rate=rate, use_bias=False)(x)
        branches.append(n.L.ReLU()(n.L.BatchNormalization()(y)))
    branches.append(n.conv(x, 8, 3, "relu", dilation_rate=2))
    y = n.conv(n.L.GlobalAveragePooling2D(keepdims=True)(x), 8, 1, "relu")
    branches.append(n.L.UpSampling2D(6, interpolation="bilinear")(y))
    x = n.conv(n.L.Concatenate()(branches), 8, 1, "relu")
    x = n.L.Resizing(24, 24)(n.L.Conv2D(3, 1)(x))
    return n.K.Model(image, n.L.Softmax()(x))


@case
def dilated(n):
    """Each kind of dilated convolution of an image, with what may follow it."""
    image = n.image(21, channels=4)
    ys = [n.L.Conv2D(32, 3, padding="same", dilation_rate=2, activation="relu")(image)]
    for padding in ("same", "valid"):
        for rate in (2, (2, 3), (1, 2)):
            ys.append(n.L.Conv2D(6, 3, padding=padding, dilation_rate=rate, activation="relu")(image))
            ys.append(n.conv(image, 6, 3, "relu", padding=padding, dilation_rate=rate))
        ys.append(n.depthwise(image, 3, "relu6", padding=padding, dilation_rate=2))
        ys.append(n.L.DepthwiseConv2D(3, padding=padding, dilation_rate=3, activation="swish")(image))
        y = n.L.SeparableConv2D(6, 3, padding=padding, dilation_rate=2, use_bias=False)(image)
        ys.append(n.L.ReLU()(n.L.BatchNormalization()(y)))
    ys.append(n.L.BatchNormalization()(n.L.Conv2D(6, 3, padding="same", dilation_rate=2)(image)))
    ys.append(n.L.Conv2D(8, 3, padding="same", dilation_rate=2, groups=2, activation="relu")(image))
    ys.append(n.L.DepthwiseConv2D(3, padding="same", dilation_rate=2, depth_multiplier=2, activation="relu")(image))
    ys.append(n.L.Conv2D(8, 3, padding="same", dilation_rate=25, use_bias=False, activation="sigmoid")(image))
    return n.K.Model(image, [n.L.Conv2D(3, 1)(y) for y in ys])


@case
def superres(n):
    """A skip around residual blocks, and pixels made of channels."""
    image = n.image(12)
    first = x = n.conv(image, 8, 3, norm=False)
    for _ in range(2):
        y = n.conv(n.conv(x, 8, 3, "relu"), 8, 3)
        x = n.L.Add()([x, y])
    x = n.L.Add()([first, x])
    x = n.conv(x, 12, 3, norm=False)
    if n.is3:  # three steps: there is no such operation in Keras 3
        x = n.L.Reshape((12, 12, 2, 2, 3))(x)
        x = n.L.Permute((1, 3, 2, 4, 5))(x)
        x = n.L.Reshape((24, 24, 3))(x)
    else:
        x = n.tf.nn.depth_to_space(x, 2)
    return n.K.Model(image, n.L.Activation("sigmoid")(x))


# --- sequences ---

@case
def audio_1d(n):
    """One-dimensional convolutions over a waveform."""
    wave = n.K.Input((96, 2))
    x = n.L.Conv1D(12, 8, strides=2, padding="same", use_bias=False)(wave)
    x = n.L.MaxPooling1D(2)(n.L.ReLU()(n.L.BatchNormalization()(x)))
    x = n.L.SeparableConv1D(16, 5, padding="same", activation="relu")(x)
    x = n.L.BatchNormalization()(x)
    x = n.L.AveragePooling1D(2)(x)
    y = n.L.Conv1D(16, 3, padding="causal", dilation_rate=2, activation="tanh")(x)
    z = n.L.Conv1D(16, 3, padding="causal", dilation_rate=2, activation="sigmoid")(x)
    x = n.L.Add()([x, n.L.Conv1D(16, 1)(n.L.Multiply()([y, z]))])
    return n.K.Model(wave, n.L.Dense(4, activation="softmax")(n.L.GlobalAveragePooling1D()(x)))


@case
def dilated_1d(n):
    """The same of a sequence, and strides."""
    wave = n.K.Input((48, 4))
    ys = []
    for padding in ("same", "valid", "causal"):
        for settings in ({"dilation_rate": 2}, {"dilation_rate": 3}, {"strides": 2}):
            ys.append(n.L.Conv1D(6, 3, padding=padding, activation="relu", **settings)(wave))
            y = n.L.Conv1D(6, 3, padding=padding, use_bias=False, **settings)(wave)
            ys.append(n.L.ReLU()(n.L.BatchNormalization()(y)))
    ys.append(n.L.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="tanh")(wave))
    for padding in ("same", "valid"):
        y = n.L.SeparableConv1D(6, 3, padding=padding, dilation_rate=2, use_bias=False)(wave)
        ys.append(n.L.ReLU()(n.L.BatchNormalization()(y)))
        ys.append(n.L.Activation("swish")(n.L.DepthwiseConv1D(3, padding=padding, dilation_rate=2)(wave)))
    return n.K.Model(wave, [n.L.Conv1D(3, 1)(y) for y in ys])


@case
def vit(n):
    """Patches, positions, two blocks of attention and a pooled head."""
    image = n.image(16)
    x = n.L.Conv2D(16, 4, strides=4)(image)
    x = n.L.Reshape((16, 16))(x)
    if n.is3:
        positions = n.L.Embedding(16, 16)(n.K.ops.arange(16))
    else:
        positions = n.L.Embedding(16, 16)(n.tf.range(16))
    x = x + positions
    for _ in range(2):
        y = n.L.LayerNormalization(epsilon=1e-6)(x)
        x = n.L.Add()([x, n.L.MultiHeadAttention(2, 8, dropout=0.1)(y, y)])
        y = n.L.LayerNormalization(epsilon=1e-6)(x)
        y = n.L.Dense(16)(n.L.Dense(32, activation="gelu")(y))
        x = n.L.Add()([x, y])
    x = n.L.GlobalAveragePooling1D()(n.L.LayerNormalization(epsilon=1e-6)(x))
    return n.K.Model(image, n.L.Dense(5, activation="softmax")(x))


@case
def lstm(n):
    return n.K.Sequential([n.K.Input((12, 6)), n.L.LSTM(8), n.L.Dense(4, activation="softmax")])


@case
def gru(n):
    return n.K.Sequential([n.K.Input((8, 6)), n.L.Bidirectional(n.L.GRU(6)), n.L.Dense(4, activation="softmax")])


@case
def cnn_lstm(n):
    image = n.image(16)
    x = n.L.MaxPooling2D(2)(n.conv(image, 8, 3, "relu"))
    x = n.L.Reshape((8, 64))(x)
    x = n.L.LSTM(8, return_sequences=True)(x)
    return n.K.Model(image, n.L.Dense(5, activation="softmax")(n.L.LSTM(8)(x)))


# --- graphs ---

@case
def multi_io(n):
    """An image and numbers in; a class, a number and a mask out."""
    image, numbers = n.image(16, name="image"), n.K.Input((7,), name="numbers")
    x = n.conv(n.conv(image, 8, 3, "relu", strides=2), 12, 3, "relu", strides=2)
    mask = n.L.Conv2DTranspose(1, 4, strides=4, padding="same", activation="sigmoid", name="mask")(x)
    y = n.L.Dense(12, activation="relu")(n.L.BatchNormalization()(numbers))
    x = n.L.Concatenate()([n.L.GlobalAveragePooling2D()(x), y])
    x = n.L.Dense(16, activation="relu")(x)
    number = n.L.Dense(1, name="number")(n.L.Subtract()([n.L.Dense(8)(x), n.L.Dense(8)(y)]))
    return n.K.Model([image, numbers], [n.L.Dense(5, activation="softmax", name="class")(x), number, mask])


@case
def siamese(n):
    """One tower twice; the distance of its answers."""
    tower_in = n.image(16)
    x = n.conv(n.conv(tower_in, 8, 3, "relu", strides=2), 12, 3, "relu", strides=2)
    tower = n.K.Model(tower_in, n.L.Dense(8)(n.L.GlobalAveragePooling2D()(x)), name="tower")
    a, b = n.image(16, name="a"), n.image(16, name="b")
    x = n.L.Subtract()([tower(a), tower(b)])
    return n.K.Model([a, b], n.L.Dense(1, activation="sigmoid")(n.L.Multiply()([x, x])))


@case
def transfer(n):
    """A backbone as a layer, two deep, augmentation in front."""
    inner_in = n.image(16)
    inner = n.K.Model(inner_in, n.conv(n.conv(inner_in, 8, 3, "relu6", strides=2), 12, 1, "relu6"), name="stem")
    back_in = n.image(16)
    x = inner(back_in)
    y = n.conv(n.depthwise(n.conv(x, 24, 1, "relu6"), 3, "relu6"), 12, 1)
    backbone = n.K.Model(back_in, n.L.Add()([x, y]), name="backbone")
    image = n.image(16)
    x = n.L.RandomFlip()(image)
    x = n.L.Rescaling(1 / 127.5, -1)(x)
    x = backbone(x)
    x = n.L.GlobalAveragePooling2D()(x)
    x = n.L.BatchNormalization()(n.L.Dense(16, activation="relu")(x))
    return n.K.Model(image, n.L.Dense(2, activation="softmax")(n.L.Dropout(0.2)(x)))


@case
def shared_layers(n):
    """A convolution that is used on two scales, as detectors do; its answers reshaped and joined."""
    image = n.image(16)
    a = n.conv(image, 8, 3, "relu", strides=2)
    b = n.conv(a, 8, 3, "relu", strides=2)
    body = n.L.Conv2D(8, 3, padding="same", activation="relu")
    boxes, scores = n.L.Conv2D(8, 3, padding="same"), n.L.Conv2D(6, 3, padding="same", activation="sigmoid")
    outs = []
    for head, last in ((boxes, 4), (scores, 3)):
        outs.append(n.L.Concatenate(axis=1)([n.L.Reshape((-1, last))(head(body(x))) for x in (a, b)]))
    return n.K.Model(image, outs)


@case
def norms(n):
    """Group and unit normalization; normalization over another axis; sums, extremes and averages of branches."""
    image = n.image(12)
    x = n.conv(image, 8, 3, "relu", strides=2)
    a = n.L.GroupNormalization(4)(n.conv(x, 8, 3, norm=False))
    b = n.L.Average()([n.conv(x, 8, 1, "relu"), n.conv(x, 8, 3, "relu"), x])
    x = n.L.Maximum()([a, b])
    x = n.L.Minimum()([x, n.L.BatchNormalization()(b)])
    x = n.L.UnitNormalization()(n.L.GlobalAveragePooling2D()(x))
    return n.K.Model(image, n.L.Dense(4)(x))
