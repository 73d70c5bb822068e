/* Options of the operators that pick boxes. */
#ifndef MOTE_OP_DETECT_DETECT_H
#define MOTE_OP_DETECT_DETECT_H

#include "op/op.h"

/* As the custom options name them. */
typedef struct mote_detection_params {
    int32_t max_detections, max_classes_per_detection, detections_per_class, num_classes;
    bool use_regular_nms;
    float nms_score_threshold, nms_iou_threshold;
    float y_scale, x_scale, h_scale, w_scale;
} mote_detection_params;

#endif
