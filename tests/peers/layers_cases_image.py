"""Models for check_layers.py that give images another size or other colours."""

from layers_cases import case

SMOOTH = ("bicubic", "lanczos3", "lanczos5", "area")
KERAS_2_ALONE = ("gaussian", "mitchellcubic")


def method(d):
    return d.one(*SMOOTH, "bilinear", "nearest", *(() if d.is3 else KERAS_2_ALONE))


@case
def resizing_by_any_method(d):
    more = {}
    if d.is3:
        more = dict(antialias=d.flag(), data_format=d.one("channels_last", "channels_last", "channels_first"))
    return d.chain(d.image(least=2), d.L.Resizing(d.int(1, 20), d.int(1, 20), interpolation=method(d),
                                                  crop_to_aspect_ratio=d.flag(), **more))


@case
def resizing_padded(d):
    if not d.is3:
        return None
    return d.chain(d.image(), d.L.Resizing(d.int(3, 15), d.int(3, 15), interpolation=method(d), antialias=d.flag(),
                                           pad_to_aspect_ratio=True, fill_value=d.one(0.0, 0.5, -3.0)))


@case
def resizing_of_photos(d):
    """Larger, and by factors at which a kernel's ends meet pixels."""
    return d.chain(d.one((64, 96, 3), (100, 37, 1), (97, 61, 4)), d.L.Resizing(
        d.one(32, 48, 224, 97), d.one(24, 61, 37, 128), interpolation=d.one(*SMOOTH),
        **(dict(antialias=d.flag()) if d.is3 else {})))


@case
def up_sampling_by_any_method(d):
    form = d.one("channels_last", "channels_first")
    return d.chain(d.image(least=2), d.L.UpSampling2D(d.one(2, (1, 3), (4, 1), 1), interpolation=method(d),
                                                      data_format=form))


@case
def resized_inline(d):
    size, how, antialias = (d.int(2, 15), d.int(2, 15)), method(d), d.flag()
    if not d.is3:
        return d.inline(d.image(), lambda x: d.tf.image.resize(x, size, how, antialias=antialias,
                                                               preserve_aspect_ratio=d.flag()))
    form = d.one("channels_last", "channels_first")
    more = d.one({}, dict(crop_to_aspect_ratio=True), dict(pad_to_aspect_ratio=True, fill_value=0.25))
    return d.inline(d.image(), lambda x: d.K.ops.image.resize(x, size, how, antialias, data_format=form, **more))
