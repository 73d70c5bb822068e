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

typedef struct mote_corners {
    float y0, x0, y1, x1;
} mote_corners;

/* What two boxes share, as a part of what they cover together; 0 where one has no area. */
float mote_box_overlap(const mote_corners *a, const mote_corners *b);

#endif
