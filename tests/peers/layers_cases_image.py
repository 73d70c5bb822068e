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


@case
def photos_inline(d):
    image, ops = d.tf.image, d.K.ops if d.is3 else None
    form = d.one("channels_last", "channels_first")
    shape = (8, 10, 3) if form == "channels_last" or not d.is3 else (3, 8, 10)
    patches = d.one((2, 2, 1, "valid"), (3, 3, 1, "same"), (4, 2, 1, "valid"), (2, 1, 2, "valid"))
    functions = [
        lambda x: image.rgb_to_grayscale(x), lambda x: image.per_image_standardization(x),
        lambda x: image.adjust_contrast(x, 1.7), lambda x: image.adjust_brightness(x, 0.3),
        lambda x: image.central_crop(x, d.one(0.5, 0.3, 0.77)), lambda x: image.flip_left_right(x),
        lambda x: image.flip_up_down(x), lambda x: image.crop_to_bounding_box(x, 1, 2, 3, 4),
        lambda x: image.pad_to_bounding_box(x, 1, 2, 12, 13),
        lambda x: image.resize_with_pad(x, d.int(4, 15), d.int(4, 15), method(d)),
        lambda x: image.resize_with_crop_or_pad(x, d.int(4, 15), d.int(4, 15)),
        lambda x: image.extract_patches(x, [1, patches[0], patches[0], 1], [1, patches[1], patches[1], 1],
                                        [1, patches[2], patches[2], 1], patches[3].upper()),
    ] if not d.is3 else [
        lambda x: ops.image.rgb_to_grayscale(x, data_format=form),
        lambda x: ops.image.extract_patches(x, patches[0], patches[1], patches[2], patches[3], data_format=form),
        lambda x: ops.image.crop_images(x, 1, d.one(2, 0), 3, 1, data_format=form),
        lambda x: ops.image.crop_images(x, bottom_cropping=1, right_cropping=2, target_height=3, target_width=4,
                                        data_format=form),
        lambda x: ops.image.pad_images(x, 1, 2, 3, 1, data_format=form),
        lambda x: ops.image.pad_images(x, bottom_padding=1, left_padding=2, target_height=13, target_width=14,
                                       data_format=form),
    ]
    return d.inline(shape, d.one(*functions))


photos_inline.seeds = 40


@case
def random_sizes(d):
    if d.is3:
        return None
    return d.chain(d.image(3), d.one(d.L.RandomHeight, d.L.RandomWidth)(0.2), d.L.Conv2D(2, 3))
