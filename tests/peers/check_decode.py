#!/usr/bin/env python3
"""Photos decoded and resized by mote and by TensorFlow: pixels must be equal, resized values to the last bit but one.

    check_decode.py build/mote

Photos of every kind are made with Pillow; real ones come from ../shared where it is there. Needs tensorflow and pillow;
says so, and passes nothing, without them.
"""

import io
import os
import subprocess
import sys
import tempfile
import zlib

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def drawn(rng, height, width, channels):
    """Smooth colour with some noise: neither flat nor random."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(x / (3.0 + c) + rng.uniform(0, 6)) * np.cos(y / (5.0 + c)) for c in range(channels)]
    return np.clip(np.stack(waves, -1) + rng.normal(0, 12, (height, width, channels)), 0, 255).astype(np.uint8)


def png_chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png16(rng, height, width, channels):
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([16, kind, 0, 0, 0])
    rows = b"".join(b"\0" + rng.integers(0, 256, width * channels * 2, dtype=np.uint8).tobytes() for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows)) +
            png_chunk(b"IEND", b""))


def made_photos(rng):
    """name -> bytes"""
    from PIL import Image
    photos = {}

    def add(name, image, kind, **how):
        out = io.BytesIO()
        image.save(out, kind, **how)
        photos[name] = out.getvalue()

    sizes = [(1, 1), (1, 17), (16, 16), (17, 33), (97, 61), (120, 200)]
    for h, w in sizes:
        rgb, gray = Image.fromarray(drawn(rng, h, w, 3)), Image.fromarray(drawn(rng, h, w, 1)[..., 0])
        for subsampling, name in enumerate(("444", "422", "420")):
            add(f"{name}_{h}x{w}.jpg", rgb, "JPEG", quality=70, subsampling=subsampling)
        add(f"progressive_{h}x{w}.jpg", rgb, "JPEG", quality=80, progressive=True)
        add(f"gray_{h}x{w}.jpg", gray, "JPEG", quality=85)
        add(f"cmyk_{h}x{w}.jpg", Image.fromarray(drawn(rng, h, w, 4), "CMYK"), "JPEG", quality=85)
        exif = Image.Exif()
        exif[0x0112] = 6
        add(f"exif_{h}x{w}.jpg", rgb, "JPEG", quality=75, exif=exif)
        add(f"rgb_{h}x{w}.png", rgb, "PNG")
        add(f"gray_{h}x{w}.png", gray, "PNG")
        add(f"rgba_{h}x{w}.png", Image.fromarray(drawn(rng, h, w, 4), "RGBA"), "PNG")
        add(f"gray_alpha_{h}x{w}.png", Image.fromarray(drawn(rng, h, w, 2), "LA"), "PNG")
        add(f"palette_{h}x{w}.png", rgb.convert("P", palette=Image.ADAPTIVE, colors=13), "PNG")
        add(f"bits_{h}x{w}.png", gray.convert("1"), "PNG")
        for channels in (1, 2, 3, 4):
            photos[f"png16_{channels}_{h}x{w}.png"] = png16(rng, h, w, channels)
    # 4:4:0 is 4:2:2 on its side: the sampling factors of the first component in the frame header, exchanged, need a
    # photo whose block counts are the same either way.
    square = io.BytesIO()
    Image.fromarray(drawn(rng, 64, 64, 3)).save(square, "JPEG", quality=80, subsampling=1)
    data = bytearray(square.getvalue())
    frame = data.find(b"\xff\xc0")
    if data[frame + 11] == 0x21:
        data[frame + 11] = 0x12
        photos["440_64x64.jpg"] = bytes(data)
    return photos


def real_photos(folder):
    photos = {}
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names)[::20]:
            with open(os.path.join(base, name), "rb") as f:
                photos[name] = f.read()
    return photos


def main():
    try:
        import tensorflow as tf
        from PIL import Image  # noqa: F401
    except ImportError as error:
        print(f"tensorflow and pillow are needed: {error}\n0 passed, 0 failed")
        return 0
    tool = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "tests", "peers", "photo_values")
    shared = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "data")
    rng = np.random.default_rng(5)
    photos = made_photos(rng)
    photos.update(real_photos(shared))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, data in photos.items():
            path, out = os.path.join(folder, name), os.path.join(folder, "out")
            with open(path, "wb") as f:
                f.write(data)
            decode = tf.io.decode_png if name.endswith(".png") else tf.io.decode_jpeg
            for channels in (0, 1, 3):
                height, width = (int(v) for v in rng.integers(1, 240, 2))
                problem = ""
                try:
                    wanted = decode(data, channels=channels).numpy()
                except (tf.errors.InvalidArgumentError, ValueError) as error:
                    wanted = None
                    why = str(error).splitlines()[0][:80]
                done = subprocess.run([tool, str(channels), str(height), str(width), out, path], capture_output=True,
                                      text=True, check=False)
                if wanted is None:
                    continue  # what TensorFlow refuses mote may read: nothing to compare with
                if done.returncode != 0:
                    problem = done.stderr.strip()
                else:
                    given = np.load(out + ".npy")
                    if wanted.shape[-1] in (2, 4):
                        wanted = wanted[..., :-1]  # mote leaves alpha out
                    if given.shape != wanted.shape:
                        problem = f"{given.shape}, not {wanted.shape}"
                    elif not np.array_equal(given, wanted):
                        problem = f"pixels differ by up to {np.abs(given.astype(int) - wanted).max()}"
                    else:
                        resized, other = np.load(out + ".resized.npy"), tf.image.resize(wanted, (height, width)).numpy()
                        if not np.array_equal(resized, other):
                            far = np.abs(resized - other).max()
                            problem = f"resized to {height}x{width}: {far}" if far > 4e-5 else ""
                passed += not problem
                failed += bool(problem)
                if problem:
                    print(f"{name}, {channels} channels: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
