"""Cases of the operators that pick boxes."""

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


FAMILIES = [detection_postprocess]
