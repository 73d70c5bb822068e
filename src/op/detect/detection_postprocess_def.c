#include "op/custom/flexbuffer.h"
#include "op/detect/detect.h"
#include "op/op_infer.h"

static void read_custom(const uint8_t *options, size_t n, void *params)
{
    *(mote_detection_params *)params = (mote_detection_params){
        .max_detections = mote_flex_find_i32(options, n, "max_detections", 0),
        .max_classes_per_detection = mote_flex_find_i32(options, n, "max_classes_per_detection", 0),
        .detections_per_class = mote_flex_find_i32(options, n, "detections_per_class", 100),
        .num_classes = mote_flex_find_i32(options, n, "num_classes", 0),
        .use_regular_nms = mote_flex_find_i32(options, n, "use_regular_nms", 0) != 0,
        .nms_score_threshold = mote_flex_find_f32(options, n, "nms_score_threshold", 0.0F),
        .nms_iou_threshold = mote_flex_find_f32(options, n, "nms_iou_threshold", 0.0F),
        .y_scale = mote_flex_find_f32(options, n, "y_scale", 0.0F),
        .x_scale = mote_flex_find_f32(options, n, "x_scale", 0.0F),
        .h_scale = mote_flex_find_f32(options, n, "h_scale", 0.0F),
        .w_scale = mote_flex_find_f32(options, n, "w_scale", 0.0F),
    };
}

static mote_status check_params(const mote_detection_params *p, mote_error *err)
{
    if (p->max_detections < 1 || p->max_classes_per_detection < 1 || p->num_classes < 1 || p->detections_per_class < 1)
        return mote_error_set(
            err, MOTE_SHAPE,
            "max_detections %d, max_classes_per_detection %d, num_classes %d, detections_per_class %d: "
            "each must be at least 1",
            p->max_detections, p->max_classes_per_detection, p->num_classes, p->detections_per_class);
    if ((int64_t)p->max_detections * p->max_classes_per_detection > INT32_MAX / 4)
        return mote_error_set(err, MOTE_SHAPE, "%d detections of %d classes are too many", p->max_detections,
                              p->max_classes_per_detection);
    if (!(p->nms_iou_threshold > 0.0F && p->nms_iou_threshold <= 1.0F))
        return mote_error_set(err, MOTE_SHAPE, "nms_iou_threshold %g is not above 0 and at most 1",
                              (double)p->nms_iou_threshold);
    return MOTE_OK;
}

/* boxes [1, n, 4 or more], scores [1, n, classes or one more for the background], anchors [n, 4] */
static mote_status check_inputs(const mote_op_io *io, mote_error *err)
{
    const mote_detection_params *p = io->node->params;
    const mote_shape *boxes = &io->inputs[0]->shape, *scores = &io->inputs[1]->shape, *anchors = &io->inputs[2]->shape;
    if (boxes->rank != 3 || scores->rank != 3 || anchors->rank != 2 || boxes->dims[0] != 1 || scores->dims[0] != 1)
        return mote_error_set(err, MOTE_SHAPE, "boxes and scores must be 1 x number x values, anchors number x 4");
    if (boxes->dims[2] < 4 || scores->dims[1] != boxes->dims[1] || anchors->dims[0] < boxes->dims[1] ||
        anchors->dims[1] != 4)
        return mote_error_set(err, MOTE_SHAPE, "boxes, scores and anchors do not fit together");
    if (scores->dims[2] != p->num_classes && scores->dims[2] - 1 != p->num_classes)
        return mote_error_set(err, MOTE_SHAPE, "%d scores a box, for %d classes", scores->dims[2], p->num_classes);
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_detection_params *p = io->node->params;
    mote_status status = mote_infer_need(io, 3, err);
    if (status == MOTE_OK)
        status = check_params(p, err);
    if (status == MOTE_OK && !mote_infer_is_open(io, 3))
        status = check_inputs(io, err);
    if (status != MOTE_OK)
        return status;
    const int32_t n = p->max_detections * p->max_classes_per_detection;
    for (int32_t i = 0; i < 4; i++)
        io->outputs[i]->dtype = MOTE_FLOAT32;
    io->outputs[0]->shape = (mote_shape){3, {1, n, 4}};
    io->outputs[1]->shape = io->outputs[2]->shape = (mote_shape){2, {1, n}};
    io->outputs[3]->shape = (mote_shape){1, {1}};
    return MOTE_OK;
}

/* For inspect: the names and places are not a table of the schema's. */
static const mote_op_field FIELDS[] = {
    {"max_detections", 0, MOTE_FIELD_I32, offsetof(mote_detection_params, max_detections), 0},
    {"max_classes_per_detection", 0, MOTE_FIELD_I32, offsetof(mote_detection_params, max_classes_per_detection), 0},
    {"detections_per_class", 0, MOTE_FIELD_I32, offsetof(mote_detection_params, detections_per_class), 0},
    {"num_classes", 0, MOTE_FIELD_I32, offsetof(mote_detection_params, num_classes), 0},
    {"use_regular_nms", 0, MOTE_FIELD_BOOL, offsetof(mote_detection_params, use_regular_nms), 0},
    {"nms_score_threshold", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, nms_score_threshold), 0},
    {"nms_iou_threshold", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, nms_iou_threshold), 0},
    {"y_scale", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, y_scale), 0},
    {"x_scale", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, x_scale), 0},
    {"h_scale", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, h_scale), 0},
    {"w_scale", 0, MOTE_FIELD_F32, offsetof(mote_detection_params, w_scale), 0},
};

const mote_op_def mote_op_def_detection_postprocess = {
    .name = "TFLite_Detection_PostProcess",
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_detection_params),
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 4,
    .max_outputs = 4,
    .infer = infer,
    .read_custom = read_custom,
};
