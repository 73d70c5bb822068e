#include "tflite/tflite_schema.h"

#define FIELDS(array) .fields = (array), .n_fields = (int32_t)(sizeof(array) / sizeof((array)[0]))

static const mote_fb_field buffer_fields[] = {
    {"data", TFL_BUFFER_DATA, MOTE_FB_VEC_8, 0, NULL},
    {"offset", TFL_BUFFER_OFFSET, MOTE_FB_64, 0, NULL},
    {"size", TFL_BUFFER_SIZE, MOTE_FB_64, 0, NULL},
};
static const mote_fb_schema schema_buffer = {.name = "Buffer", FIELDS(buffer_fields)};

static const mote_fb_field metadata_fields[] = {
    {"name", TFL_METADATA_NAME, MOTE_FB_STRING, 0, NULL},
    {"buffer", TFL_METADATA_BUFFER, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_metadata = {.name = "Metadata", FIELDS(metadata_fields)};

static const mote_fb_field tensor_map_fields[] = {
    {"name", TFL_TENSOR_MAP_NAME, MOTE_FB_STRING, 0, NULL},
    {"tensor_index", TFL_TENSOR_MAP_INDEX, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_tensor_map = {.name = "TensorMap", FIELDS(tensor_map_fields)};

static const mote_fb_field signature_fields[] = {
    {"inputs", TFL_SIGNATURE_INPUTS, MOTE_FB_VEC_TABLE, 0, &schema_tensor_map},
    {"outputs", TFL_SIGNATURE_OUTPUTS, MOTE_FB_VEC_TABLE, 0, &schema_tensor_map},
    {"signature_key", TFL_SIGNATURE_KEY, MOTE_FB_STRING, 0, NULL},
    {"subgraph_index", TFL_SIGNATURE_GRAPH, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_signature = {.name = "SignatureDef", FIELDS(signature_fields)};

static const mote_fb_field int32_vector_fields[] = {{"values", TFL_INDEX_VALUES, MOTE_FB_VEC_32, 0, NULL}};
static const mote_fb_field uint16_vector_fields[] = {{"values", TFL_INDEX_VALUES, MOTE_FB_VEC_16, 0, NULL}};
static const mote_fb_field uint8_vector_fields[] = {{"values", TFL_INDEX_VALUES, MOTE_FB_VEC_8, 0, NULL}};
static const mote_fb_schema index_vectors[] = {
    {.name = "Int32Vector", FIELDS(int32_vector_fields)},
    {.name = "Uint16Vector", FIELDS(uint16_vector_fields)},
    {.name = "Uint8Vector", FIELDS(uint8_vector_fields)},
};

static const mote_fb_field dim_fields[] = {
    {"format", TFL_DIM_FORMAT, MOTE_FB_8, 0, NULL},
    {"dense_size", TFL_DIM_DENSE_SIZE, MOTE_FB_32, 0, NULL},
    {"array_segments_type", TFL_DIM_SEGMENTS_TYPE, MOTE_FB_8, 0, NULL},
    {"array_segments", TFL_DIM_SEGMENTS, MOTE_FB_UNION, 3, index_vectors},
    {"array_indices_type", TFL_DIM_INDICES_TYPE, MOTE_FB_8, 0, NULL},
    {"array_indices", TFL_DIM_INDICES, MOTE_FB_UNION, 3, index_vectors},
};
static const mote_fb_schema schema_dim = {.name = "DimensionMetadata", FIELDS(dim_fields)};

static const mote_fb_field sparsity_fields[] = {
    {"traversal_order", TFL_SPARSITY_TRAVERSAL_ORDER, MOTE_FB_VEC_32, 0, NULL},
    {"block_map", TFL_SPARSITY_BLOCK_MAP, MOTE_FB_VEC_32, 0, NULL},
    {"dim_metadata", TFL_SPARSITY_DIM_METADATA, MOTE_FB_VEC_TABLE, 0, &schema_dim},
};
static const mote_fb_schema schema_sparsity = {.name = "SparsityParameters", FIELDS(sparsity_fields)};

static const mote_fb_field custom_quant_fields[] = {{"custom", 0, MOTE_FB_VEC_8, 0, NULL}};
static const mote_fb_field blockwise_fields[] = {
    {"scales", TFL_BLOCKWISE_SCALES, MOTE_FB_32, 0, NULL},
    {"zero_points", TFL_BLOCKWISE_ZERO_POINTS, MOTE_FB_32, 0, NULL},
    {"block_size", TFL_BLOCKWISE_SIZE, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema quant_details[] = {
    {.name = "CustomQuantization", FIELDS(custom_quant_fields)},
    {.name = "BlockwiseQuantization", FIELDS(blockwise_fields)},
    {.name = "MultiAxisQuantization"}, /* refused, so not looked into */
};

static const mote_fb_field quant_fields[] = {
    {"min", TFL_QUANT_MIN, MOTE_FB_VEC_32, 0, NULL},
    {"max", TFL_QUANT_MAX, MOTE_FB_VEC_32, 0, NULL},
    {"scale", TFL_QUANT_SCALE, MOTE_FB_VEC_32, 0, NULL},
    {"zero_point", TFL_QUANT_ZERO_POINT, MOTE_FB_VEC_64, 0, NULL},
    {"details_type", TFL_QUANT_DETAILS_TYPE, MOTE_FB_8, 0, NULL},
    {"details", TFL_QUANT_DETAILS, MOTE_FB_UNION, 3, quant_details},
    {"quantized_dimension", TFL_QUANT_DIMENSION, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_quant = {.name = "QuantizationParameters", FIELDS(quant_fields)};

static const mote_fb_field tensor_fields[] = {
    {"shape", TFL_TENSOR_SHAPE, MOTE_FB_VEC_32, 0, NULL},
    {"type", TFL_TENSOR_TYPE, MOTE_FB_8, 0, NULL},
    {"buffer", TFL_TENSOR_BUFFER, MOTE_FB_32, 0, NULL},
    {"name", TFL_TENSOR_NAME, MOTE_FB_STRING, 0, NULL},
    {"quantization", TFL_TENSOR_QUANTIZATION, MOTE_FB_TABLE, 0, &schema_quant},
    {"is_variable", TFL_TENSOR_IS_VARIABLE, MOTE_FB_8, 0, NULL},
    {"sparsity", TFL_TENSOR_SPARSITY, MOTE_FB_TABLE, 0, &schema_sparsity},
    {"shape_signature", TFL_TENSOR_SHAPE_SIGNATURE, MOTE_FB_VEC_32, 0, NULL},
    {"has_rank", TFL_TENSOR_HAS_RANK, MOTE_FB_8, 0, NULL},
    {"external_buffer", TFL_TENSOR_EXTERNAL_BUFFER, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_tensor = {.name = "Tensor", FIELDS(tensor_fields)};

static const mote_fb_field operator_fields[] = {
    {"opcode_index", TFL_OP_OPCODE_INDEX, MOTE_FB_32, 0, NULL},
    {"inputs", TFL_OP_INPUTS, MOTE_FB_VEC_32, 0, NULL},
    {"outputs", TFL_OP_OUTPUTS, MOTE_FB_VEC_32, 0, NULL},
    {"builtin_options_type", TFL_OP_OPTIONS_TYPE, MOTE_FB_8, 0, NULL},
    {"builtin_options", TFL_OP_OPTIONS, MOTE_FB_OPAQUE, 0, NULL},
    {"custom_options", TFL_OP_CUSTOM_OPTIONS, MOTE_FB_VEC_8, 0, NULL},
    {"intermediates", TFL_OP_INTERMEDIATES, MOTE_FB_VEC_32, 0, NULL},
    {"large_custom_options_offset", TFL_OP_LARGE_CUSTOM_OFFSET, MOTE_FB_64, 0, NULL},
    {"large_custom_options_size", TFL_OP_LARGE_CUSTOM_SIZE, MOTE_FB_64, 0, NULL},
    {"builtin_options_2_type", TFL_OP_OPTIONS_2_TYPE, MOTE_FB_8, 0, NULL},
    {"builtin_options_2", TFL_OP_OPTIONS_2, MOTE_FB_OPAQUE, 0, NULL},
};
static const mote_fb_schema schema_operator = {.name = "Operator", FIELDS(operator_fields)};

static const mote_fb_field graph_fields[] = {
    {"tensors", TFL_GRAPH_TENSORS, MOTE_FB_VEC_TABLE, 0, &schema_tensor},
    {"inputs", TFL_GRAPH_INPUTS, MOTE_FB_VEC_32, 0, NULL},
    {"outputs", TFL_GRAPH_OUTPUTS, MOTE_FB_VEC_32, 0, NULL},
    {"operators", TFL_GRAPH_OPERATORS, MOTE_FB_VEC_TABLE, 0, &schema_operator},
    {"name", TFL_GRAPH_NAME, MOTE_FB_STRING, 0, NULL},
};
static const mote_fb_schema schema_graph = {.name = "SubGraph", FIELDS(graph_fields)};

static const mote_fb_field code_fields[] = {
    {"deprecated_builtin_code", TFL_CODE_DEPRECATED, MOTE_FB_8, 0, NULL},
    {"custom_code", TFL_CODE_CUSTOM, MOTE_FB_STRING, 0, NULL},
    {"version", TFL_CODE_VERSION, MOTE_FB_32, 0, NULL},
    {"builtin_code", TFL_CODE_BUILTIN, MOTE_FB_32, 0, NULL},
};
static const mote_fb_schema schema_code = {.name = "OperatorCode", FIELDS(code_fields)};

static const mote_fb_field model_fields[] = {
    {"version", TFL_MODEL_VERSION, MOTE_FB_32, 0, NULL},
    {"operator_codes", TFL_MODEL_OPERATOR_CODES, MOTE_FB_VEC_TABLE, 0, &schema_code},
    {"subgraphs", TFL_MODEL_SUBGRAPHS, MOTE_FB_VEC_TABLE, 0, &schema_graph},
    {"description", TFL_MODEL_DESCRIPTION, MOTE_FB_STRING, 0, NULL},
    {"buffers", TFL_MODEL_BUFFERS, MOTE_FB_VEC_TABLE, 0, &schema_buffer},
    {"metadata", TFL_MODEL_METADATA, MOTE_FB_VEC_TABLE, 0, &schema_metadata},
    {"signature_defs", TFL_MODEL_SIGNATURE_DEFS, MOTE_FB_VEC_TABLE, 0, &schema_signature},
};
const mote_fb_schema mote_tflite_schema_model = {.name = "Model", FIELDS(model_fields)};
