"""Cases of the operators that pick boxes, and of the Fourier transform."""

import numpy as np
from flatbuffers import flexbuffers

from ops_model import Model, Tensor


def detection_postprocess(make):
    for dtype in ("float32", "uint8"):
        for regular in (False, True):
            for boxes, classes, background, most in ((1, 1, 1, 1), (9, 3, 1, 5), (40, 7, 0, 10), (120, 5, 1, 30), (30, 4, 1, 60)):
                yield detections(make, dtype, regular, boxes, classes, background, most)


def detections(make, dtype, regular, boxes, classes, background, most):
    options = {"max_detections": most, "max_classes_per_detection": 1, "num_classes": classes,
               "nms_score_threshold": float(make.random.choice([1e-8, 0.3, 0.6])), "nms_iou_threshold": 0.5,
               "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0, "use_regular_nms": regular}
    if make.random.random() < 0.5:
        options["detections_per_class"] = int(make.random.integers(1, most + 1))
    shapes = [[1, boxes, 4], [1, boxes, classes + background], [boxes, 4]]
    if dtype == "float32":
        anchors = np.concatenate([make.floats([boxes, 2], 0.2, 0.8), make.floats([boxes, 2], 0.1, 0.5)], 1)
        feeds = [make.floats(shapes[0], -3, 3), make.floats(shapes[1], 0, 1), anchors]
        inputs = [Tensor(dtype, shape, feed=feed) for shape, feed in zip(shapes, feeds)]
    else:
        scales = (0.05, 1 / 256, 1 / 255)
        inputs = [Tensor(dtype, shape, scale, 128 if i == 0 else 0, feed=make.codes(dtype, shape))
                  for i, (shape, scale) in enumerate(zip(shapes, scales))]
    outputs = [Tensor("float32", shape) for shape in ([1, most, 4], [1, most], [1, most], [1])]
    model = Model("TFLite_Detection_PostProcess", inputs, outputs, bytes(flexbuffers.Dumps(options)),
                  label=f"{dtype} {options}")
    model.view = only_found  # LiteRT leaves what it does not find as the memory was
    return model


def only_found(outputs):
    n = int(outputs[3][0])
    return [out[:, :n] for out in outputs[:3]] + outputs[3:]


def suppression(make):
    for n, most, sigma in ((1, 1, 0), (12, 5, 0), (60, 20, 0), (60, 80, 0.5), (40, 10, 0.1), (9, 3, 0)):
        for fixed in (True, False):
            corners = np.concatenate([make.floats([n, 2], 0, 1), make.floats([n, 2], 0.3, 1.5)], 1)
            scores = make.floats([n], 0, 1)
            if make.random.random() < 0.5:  # equal ones too
                scores = np.round(scores * 8) / 8
            number = lambda value, dtype="float32": Tensor(dtype, [], data=np.array(value, dtype))
            size = number(most, "int32") if fixed else Tensor("int32", [], feed=np.array(most, "int32"))
            inputs = [Tensor("float32", [n, 4], feed=corners.astype("float32")),
                      Tensor("float32", [n], feed=scores.astype("float32")), size,
                      number(make.random.choice([0.3, 0.5, 0.9])), number(make.random.choice([-1, 0.2]))]
            outputs = [Tensor("int32", [most]), Tensor("float32", [most]), Tensor("int32", [])]
            label = f"{n} boxes, {most} at most, sigma {sigma}"
            yield Model("NON_MAX_SUPPRESSION_V4", inputs, [outputs[0], outputs[2]], ("NonMaxSuppressionV4", {}), label=label)
            yield Model("NON_MAX_SUPPRESSION_V5", [*inputs, number(sigma)], outputs, ("NonMaxSuppressionV5", {}), label=label)


def fourier(make):
    for shape, length in (([4, 4], (4, 4)), ([1, 400], (1, 512)), ([2, 3, 7], (4, 8)), ([5, 9], (2, 4)), ([1, 8, 6], (8, 2)),
                          ([3, 16, 16], (16, 16)), ([2, 2], (1, 2))):  # of width 1 LiteRT's is wrong
        out = shape[:-2] + [length[0], length[1] // 2 + 1]
        for fixed in (True, False):
            size = Tensor("int32", [2], **{"data" if fixed else "feed": np.array(length, "int32")})
            yield Model("RFFT2D", [Tensor("float32", shape, feed=make.floats(shape, -1, 1)), size], [Tensor("complex64", out)],
                        ("Rfft2d", {}), label=f"{shape} {length}")


FAMILIES = [detection_postprocess, suppression, fourier]
