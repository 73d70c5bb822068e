"""More networks for check_nets.py, of structures that nets_cases.py has not: what several layers read, deep nesting, heads.

As there, a function that builds one from a Net.
"""

from nets_cases import case


@case
def unet_same(n):
    """U-Net of same padding, Conv2DTranspose, SpatialDropout, PReLU, a residual skip and deep supervision."""
    image = n.image(16)
    x = n.L.Rescaling(1 / 127.5, -1)(image)
    skips = []
    for f in (6, 8):
        y = n.L.PReLU(shared_axes=[1, 2])(n.conv(x, f, 3))
        y = n.conv(y, f, 3)
        x = n.L.ReLU()(n.L.Add()([y, n.L.Conv2D(f, 1)(x)]))
        skips.append(x)
        x = n.L.SpatialDropout2D(0.1)(n.L.MaxPooling2D()(x))
    x = n.conv(n.conv(x, 12, 3, "relu"), 12, 3, "relu")
    outs = []
    for f, skip in zip((8, 6), skips[::-1]):
        x = n.L.Conv2DTranspose(f, 3, strides=2, padding="same", use_bias=False)(x)
        x = n.L.ReLU()(n.L.BatchNormalization()(x))
        x = n.conv(n.L.Concatenate()([x, skip]), f, 3, "relu")
        outs.append(n.L.Conv2D(1, 1, activation="sigmoid")(x))
    return n.K.Model(image, outs)


@case
def forks(n):
    """What is folded into the layer behind where several layers read it: scales, normalization, padding."""
    image = n.image(12)
    outs = []
    a = n.L.Rescaling(1 / 127.5, -1)(image)
    outs.append(n.L.Conv2D(4, 1)(a))
    outs.append(n.L.Conv2D(4, 3, strides=2)(a))
    outs.append(n.L.Conv2D(4, 3, padding="same")(a))
    b = n.L.Rescaling(1 / 3.)(n.L.Conv2D(3, 1, activation="relu")(image))
    outs.append(n.L.Concatenate()([b, n.L.Conv2D(4, 3, padding="same")(b)]))
    outs.append(n.L.DepthwiseConv2D(3)(b))
    c = n.L.BatchNormalization()(n.L.Conv2D(8, 3, activation="relu")(image))
    outs += [n.L.Conv2D(3, 1)(c), n.L.Conv2D(3, 3)(c), n.L.ReLU()(c)]
    d = n.L.ZeroPadding2D(1)(n.L.Conv2D(6, 3, activation="relu")(image))
    outs += [n.L.Conv2D(3, 3)(d), n.L.Conv2D(3, 3, activation="relu")(d), n.L.MaxPooling2D(3, 1)(d)]
    d = n.L.ZeroPadding2D(((0, 1), (0, 1)))(n.L.Conv2D(6, 3, activation="relu", padding="same")(image))
    outs += [n.L.Conv2D(3, 3, strides=2)(d), n.L.DepthwiseConv2D(3, strides=2)(d)]
    return n.K.Model(image, outs)


@case
def forks_dense(n):
    """The same of dense layers: normalized features that two heads read."""
    x0 = n.K.Input((9,))
    outs = []
    x = n.L.BatchNormalization()(n.L.Dense(12, activation="relu")(x0))
    outs += [n.L.Dense(4)(x), n.L.Dense(3, activation="softmax")(x)]
    x = n.L.BatchNormalization()(n.L.Dense(10)(x0))
    outs += [n.L.Dense(4)(x), n.L.Dense(3, activation="relu")(x), n.L.Activation("tanh")(x)]
    x = n.L.Rescaling(0.3, 0.5)(n.L.Dense(10, activation="relu")(x0))
    outs += [n.L.Dense(4)(x), n.L.Dense(3, use_bias=False)(x)]
    x = n.L.Dense(10, activation="elu")(x0) * 2. + 1.
    outs += [n.L.Dense(4)(x), n.L.Concatenate()([n.L.Dense(3, use_bias=False)(x), x])]
    x = n.L.Dense(10)(x0)
    outs += [n.L.Dense(4)(x), n.L.Dense(3)(x)]
    x = n.L.Dense(10)(x0)
    outs += [n.L.Dense(4)(x), n.L.ReLU()(x)]
    return n.K.Model(x0, outs)


@case
def forks_bias(n):
    """Dense layers without activation in front of dense layers and of others."""
    x0 = n.K.Input((9,))
    outs = []
    x = n.L.Dense(10)(x0)
    outs += [x, n.L.Dense(6, activation="relu")(x)]
    x = n.L.Dense(11)(x0)
    outs += [n.L.Dense(6)(x), n.L.Activation("tanh")(x)]
    x = n.L.Dense(12)(x0)
    outs += [n.L.Dense(6, activation="relu")(x), n.L.Dense(7)(x), n.L.Activation("sigmoid")(x)]
    x = n.L.Dense(13)(x0)
    outs += [n.L.Dense(6, activation="relu")(x), n.L.Dense(7)(x)]
    x = n.L.Dense(14)(x0)
    outs += [n.L.Dense(6, activation="relu")(x), n.L.Dense(7, activation="relu")(x)]
    x = n.L.Dense(15)(x0)
    outs += [n.L.Dense(6, activation="relu")(x)]
    x = n.L.Dense(16)(x0)
    outs += [n.L.Dense(6, activation="sigmoid")(x), x]
    x = n.L.Dense(17)(x0)
    outs += [n.L.Dense(6, use_bias=False)(x), n.L.Activation("tanh")(x)]
    return n.K.Model(x0, outs)


@case
def forks_norm(n):
    """Normalization in front of dense layers with and without bias."""
    x0 = n.K.Input((9,))
    outs = []
    def features(k):
        return n.L.BatchNormalization()(n.L.Dense(k, activation="relu")(x0))
    outs += [n.L.Dense(5, use_bias=False)(features(10))]
    outs += [n.L.ReLU()(n.L.BatchNormalization()(n.L.Dense(5, use_bias=False)(features(11))))]
    x = features(12)
    outs += [n.L.Dense(5, use_bias=False)(x), n.L.Dense(6)(x)]
    x = features(13)
    outs += [n.L.Dense(5, activation="relu")(x), n.L.Dense(6)(x), n.L.Activation("tanh")(x)]
    x = n.L.BatchNormalization()(n.L.Dense(14)(x0))
    outs += [n.L.Dense(5, activation="relu")(x), n.L.Dense(6)(x)]
    x = n.L.BatchNormalization()(n.L.Dense(15)(x0))
    outs += [n.L.Dense(5, activation="relu")(x)]
    return n.K.Model(x0, outs)


@case
def ghostnet(n):
    """Ghost modules: a primary convolution, a cheap depthwise one of it, joined and cut."""
    def ghost(x, f, relu=True):
        p = n.conv(x, (f + 1) // 2, 1, "relu" if relu else None)
        c = n.depthwise(p, 3, "relu" if relu else None)
        return n.L.Concatenate()([p, c])[:, :, :, :f]
    image = n.image(16)
    x = n.conv(image, 8, 3, "relu", strides=2)
    for exp, out, s in ((17, 8, 1), (24, 13, 2)):
        y = ghost(x, exp)
        if s == 2:
            y = n.depthwise(y, 3, strides=2)
        g = n.L.GlobalAveragePooling2D()(y)
        g = n.L.Reshape((1, 1, exp))(g)
        g = n.L.Conv2D(4, 1, activation="relu")(g)
        g = n.L.Conv2D(exp, 1)(g)
        g = n.L.ReLU(6.)(g + 3.) / 6.
        y = n.L.Multiply()([y, g])
        y = ghost(y, out, False)
        if s == 2:
            x = n.conv(n.depthwise(x, 3, strides=2), out, 1)
        x = n.L.Add()([x, y])
    return n.K.Model(image, n.head(x))


@case
def se_resnext(n):
    """Grouped convolutions with squeeze and excitation in four writings, each of another gate."""
    image = n.image(16)
    x = n.conv(image, 16, 3, "relu", strides=2)
    for kind in range(4):
        y = n.conv(n.conv(n.conv(x, 16, 1, "relu"), 16, 3, "relu", groups=4), 16, 1)
        if kind == 0:
            s = n.L.Dense(16, activation="sigmoid")(n.L.Dense(4, activation="relu")(n.L.GlobalAveragePooling2D()(y)))
            y = n.L.Multiply()([y, n.L.Reshape((1, 1, 16))(s)])
        elif kind == 1:
            s = n.K.ops.mean(y, axis=(1, 2), keepdims=True) if n.is3 else n.tf.reduce_mean(y, [1, 2], keepdims=True)
            s = n.L.Dense(16, activation="hard_sigmoid")(n.L.Dense(4, activation="swish")(s))
            y = y * s
        elif kind == 2:
            s = n.L.Reshape((1, 1, 16))(n.L.GlobalAveragePooling2D()(y))
            s = n.L.Dense(16, use_bias=False)(n.L.Dense(4, activation="relu", use_bias=False)(s))
            y = n.L.Multiply()([y, n.L.Activation("tanh")(s)])
        else:
            s = n.L.GlobalMaxPooling2D(keepdims=True)(y)
            s = n.L.Conv2D(16, 1)(n.L.PReLU()(n.L.Conv2D(4, 1)(s)))
            s = n.K.ops.softplus(s) if n.is3 else n.tf.nn.softplus(s)
            y = n.L.Multiply()([s, y])
        x = n.L.ReLU()(n.L.Add()([x, y]))
    return n.K.Model(image, n.head(x))


@case
def fpn(n):
    """Feature pyramid: nearest upsampling and addition, shared heads, outputs at each level and joined ones."""
    image = n.image(32)
    c = [n.conv(image, 8, 3, "relu", strides=2)]
    for f in (12, 16):
        c.append(n.conv(c[-1], f, 3, "relu", strides=2))
    p = [n.L.Conv2D(8, 1)(one) for one in c]
    p[1] = n.L.Add()([p[1], n.L.UpSampling2D()(p[2])])
    p[0] = n.L.Add()([p[0], n.L.UpSampling2D()(p[1])])
    p = [n.L.Conv2D(8, 3, padding="same")(one) for one in p]
    p.append(n.L.MaxPooling2D(1, 2)(p[2]))
    tower = n.K.Sequential([n.K.Input((None, None, 8)), n.L.Conv2D(8, 3, padding="same", activation="relu"),
                            n.L.Conv2D(8, 3, padding="same", activation="relu")], name="tower")
    cls, box = n.L.Conv2D(6, 3, padding="same", activation="sigmoid"), n.L.Conv2D(8, 3, padding="same")
    scores = [n.L.Reshape((-1, 3))(cls(tower(one))) for one in p]
    boxes = [n.L.Reshape((-1, 4))(box(tower(one))) for one in p]
    return n.K.Model(image, [n.L.Concatenate(axis=1)(scores), n.L.Concatenate(axis=1)(boxes), p[0]])


@case
def ssd(n):
    """MobileNet SSD: heads of separable convolutions, reshaped and joined, softmax over classes, one output of both."""
    image = n.image(24)
    x = n.conv(image, 8, 3, "relu6", strides=2)
    x = n.conv(n.depthwise(x, 3, "relu6", strides=2), 12, 1, "relu6")
    y = n.conv(n.depthwise(x, 3, "relu6", strides=2), 16, 1, "relu6")
    z = n.conv(n.conv(y, 8, 1, "relu6"), 16, 3, "relu6", padding="valid")
    locs, confs = [], []
    for k, one in enumerate((x, y, z)):
        b = 2 + (k > 0)
        loc = n.L.SeparableConv2D(b * 4, 3, padding="same")(one)
        conf = n.L.SeparableConv2D(b * 3, 3, padding="same")(one)
        h, w = one.shape[1:3]
        locs.append(n.L.Reshape((h * w * b, 4))(loc))
        confs.append(n.L.Reshape((h * w * b, 3))(conf))
    conf = n.L.Softmax(axis=-1)(n.L.Concatenate(axis=1)(confs))
    return n.K.Model(image, n.L.Concatenate(axis=2)([n.L.Concatenate(axis=1)(locs), conf]))


@case
def repvgg(n):
    """MobileOne and RepVGG in training form: sums of normalized branches and a normalized identity."""
    image = n.image(16)
    x = image
    for f, s in ((8, 2), (8, 1), (12, 2)):
        branches = [n.conv(x, f, 3, strides=s), n.conv(x, f, 1, strides=s, padding="valid")]
        if s == 1:
            branches.append(n.L.BatchNormalization()(x))
        x = n.L.ReLU()(n.L.Add()(branches))
        d = [n.depthwise(x, 3), n.depthwise(x, 1), n.L.BatchNormalization()(x)]
        x = n.L.ReLU()(n.L.Add()(d))
    return n.K.Model(image, n.head(x))


@case
def hourglass(n):
    """Stacked hour-glass of pre-activation blocks, heat maps from each stack fed back, soft-argmax-like sums."""
    def block(x, f):
        y = n.L.Conv2D(f // 2, 1)(n.L.ReLU()(n.L.BatchNormalization()(x)))
        y = n.L.Conv2D(f, 3, padding="same")(n.L.ReLU()(n.L.BatchNormalization()(y)))
        return n.L.Add()([x if x.shape[-1] == f else n.L.Conv2D(f, 1)(x), y])
    image = n.image(16)
    x = block(n.conv(image, 8, 3, "relu", strides=2), 12)
    maps = []
    for k in range(2):
        a = x
        b = block(n.L.MaxPooling2D()(a), 12)
        c = block(n.L.MaxPooling2D()(b), 12)
        u = n.L.Add()([n.L.UpSampling2D()(c), block(b, 12)])
        u = n.L.Add()([n.L.UpSampling2D()(block(u, 12)), block(a, 12)])
        m = n.L.Conv2D(3, 1)(u)
        maps.append(m)
        x = n.L.Add()([x, n.L.Conv2D(12, 1)(m), n.L.Conv2D(12, 1)(u)])
    return n.K.Model(image, maps)


@case
def kws_dscnn(n):
    """Keyword spotting: a spectrogram, strided window, depthwise separable blocks, average pooling of the rest."""
    sound = n.K.Input((25, 10))
    x = n.L.Reshape((25, 10, 1))(sound)
    x = n.L.Normalization(mean=[0.3], variance=[2.5])(x)
    x = n.conv(x, 12, (10, 4), "relu", strides=(2, 2))
    for _ in range(2):
        x = n.conv(n.depthwise(x, 3, "relu"), 12, 1, "relu")
    x = n.L.AveragePooling2D((13, 5))(x)
    return n.K.Model(sound, n.L.Dense(6, activation="softmax")(n.L.Flatten()(x)))


@case
def wavenet(n):
    """Gated dilated causal convolutions, residuals, skips summed."""
    wave = n.K.Input((32, 1))
    x = n.L.Conv1D(8, 2, padding="causal")(wave)
    skips = []
    for rate in (1, 2, 4):
        a = n.L.Conv1D(8, 2, padding="causal", dilation_rate=rate, activation="tanh")(x)
        b = n.L.Conv1D(8, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(x)
        y = n.L.Multiply()([a, b])
        skips.append(n.L.Conv1D(6, 1)(y))
        x = n.L.Add()([x, n.L.Conv1D(8, 1)(y)])
    x = n.L.Activation("relu")(n.L.Add()(skips))
    x = n.L.Conv1D(6, 1, activation="relu")(x)
    return n.K.Model(wave, n.L.Conv1D(4, 1, activation="softmax")(x))


@case
def capsules(n):
    """Normalized vectors, cosine similarity by Dot, prototypes."""
    a, b = n.image(12, name="a"), n.image(12, name="b")
    tower_in = n.image(12)
    t = n.conv(n.conv(tower_in, 8, 3, "relu", strides=2), 8, 3, "relu", strides=2)
    t = n.L.Reshape((9, 8))(t)
    t = n.L.UnitNormalization()(n.L.Dense(6)(n.L.Flatten()(t)))
    inner = n.K.Model(tower_in, t, name="inner")
    outer_in = n.image(12)
    outer = n.K.Model(outer_in, inner(n.L.Rescaling(1 / 3., 0.2)(outer_in)), name="outer")
    x, y = outer(a), outer(b)
    cosine = n.L.Dot(axes=1)([x, y])
    return n.K.Model([a, b], [cosine, n.L.Dense(2, activation="sigmoid")(n.L.Concatenate()([x, y, n.L.Subtract()([x, y])]))])


@case
def vae_decoder(n):
    """Latent vector to image, and the encoder's two heads with a mean that stands for a sample."""
    image = n.image(16, 1)
    x = n.L.Conv2D(8, 3, strides=2, padding="same", activation="relu")(image)
    x = n.L.Conv2D(12, 3, strides=2, padding="same", activation="relu")(x)
    x = n.L.Dense(16, activation="relu")(n.L.Flatten()(x))
    mean, log_var = n.L.Dense(4, name="z_mean")(x), n.L.Dense(4, name="z_log_var")(x)
    z = mean + (n.K.ops.exp(0.5 * log_var) if n.is3 else n.tf.exp(0.5 * log_var)) * 0.1
    latent = n.K.Input((4,))
    y = n.L.Dense(4 * 4 * 12, activation="relu")(latent)
    y = n.L.Reshape((4, 4, 12))(y)
    y = n.L.Conv2DTranspose(12, 3, activation="relu", strides=2, padding="same")(y)
    y = n.L.Conv2DTranspose(8, 3, activation="relu", strides=2, padding="same")(y)
    y = n.L.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(y)
    decoder = n.K.Model(latent, y, name="decoder")
    return n.K.Model(image, [decoder(z), mean, log_var])


@case
def preprocess(n):
    """Everything in front inside of the model: crop, resize, augmentation, normalization by channel."""
    image = n.image(20)
    x = n.L.CenterCrop(16, 16)(image)
    x = n.L.Resizing(12, 12)(x)
    x = n.L.RandomRotation(0.1)(n.L.RandomFlip("horizontal")(x))
    x = n.L.RandomContrast(0.2)(n.L.RandomZoom(0.1)(x))
    x = n.L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 1.5, 2.5])(x)
    x = n.L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = n.conv(x, 8, 3, "relu", strides=2, padding="valid")
    x = n.L.GaussianNoise(0.1)(x)
    return n.K.Model(image, n.head(n.conv(x, 12, 3, "relu")))


@case
def coatnet(n):
    """MBConv stage, then attention over the reshaped map and back to an image."""
    image = n.image(16)
    x = n.conv(image, 8, 3, "gelu", strides=2)
    y = n.conv(n.L.BatchNormalization()(x), 16, 1, "gelu")
    y = n.squeeze_excite(n.depthwise(y, 3, "gelu", strides=2), 4)
    y = n.L.Conv2D(12, 1)(y)
    x = n.L.Add()([n.L.Conv2D(12, 1)(n.L.AveragePooling2D(2)(x)), y])
    t = n.L.Reshape((16, 12))(x)
    query, value = n.L.LayerNormalization()(t), n.L.LayerNormalization()(t)
    t = n.L.Add()([t, n.L.MultiHeadAttention(2, 6, use_bias=False)(query, value)])
    x = n.L.Reshape((4, 4, 12))(t)
    x = n.L.BatchNormalization()(x)
    return n.K.Model(image, n.head(n.L.Conv2D(16, 1, activation="relu")(x)))


@case
def tabular(n):
    """An image and a table whose features scale and move those of the image."""
    image, table = n.image(12, name="photo"), n.K.Input((6,), name="table")
    x = n.L.GlobalAveragePooling2D()(n.conv(n.conv(image, 8, 3, "relu", strides=2), 12, 3, "relu"))
    t = n.L.Normalization(mean=[0., .1, .2, .3, .4, .5], variance=[1., 2., 1., 2., 1., 2.])(table)
    t = n.L.BatchNormalization()(n.L.Dense(12, activation="relu")(t))
    film = n.L.Multiply()([x, n.L.Dense(12, activation="sigmoid")(t)])
    film = n.L.Add()([film, n.L.Dense(12)(t)])
    z = n.L.Concatenate()([film, x])
    return n.K.Model([image, table], [n.L.Dense(3, activation="softmax", name="kind")(z), n.L.Dense(1, name="price")(film)])
