/* A .tflite file with one thing wrong, each in its turn: every way to be refused. */
#include "mote_test.h"

#include "support/tflite_model.h"
#include "tflite/flatbuffer.h"
#include "tflite/tflite_schema.h"

#include <mote/tflite.h>

#include <math.h>
#include <string.h>

typedef struct file {
    unsigned char *bytes;
    size_t n_bytes;
    mote_fb_table root, graph, node, code;
} file;

static mote_fb_table element(const mote_fb_table *table, uint16_t id, uint32_t i)
{
    const mote_fb_vec vec = mote_fb_get_vec(table, id);
    assert_true(i < vec.n);
    return mote_fb_vec_table(&vec, i);
}

static mote_fb_table child(const mote_fb_table *table, uint16_t id)
{
    mote_fb_table result;
    assert_true(mote_fb_get_table(table, id, &result));
    return result;
}

static file make_file(void)
{
    file f;
    mote_model *model = tflite_make_model();
    f.bytes = tflite_build(model, &f.n_bytes);
    mote_model_free(model);
    mote_fb_check check = {f.bytes, f.n_bytes, 1000, NULL};
    uint32_t root_at;
    memcpy(&root_at, f.bytes, 4);
    assert_int_equal(mote_fb_check_all(&check, root_at, &mote_tflite_schema_model, &f.root), MOTE_OK);
    f.graph = element(&f.root, TFL_MODEL_SUBGRAPHS, 0);
    f.node = element(&f.graph, TFL_GRAPH_OPERATORS, 0);
    f.code = element(&f.root, TFL_MODEL_OPERATOR_CODES, 0);
    return f;
}

/* Overwrites a scalar field that the file has. */
static void set(file *f, const mote_fb_table *table, uint16_t id, int32_t value, size_t n_bytes)
{
    uint16_t offset;
    assert_true(mote_fb_has(table, id));
    memcpy(&offset, f->bytes + table->vtable + 4 + 2 * (size_t)id, 2);
    memcpy(f->bytes + table->at + offset, &value, n_bytes);
}

/* Overwrites element i of a vector; i -1: its length. */
static void set_element(file *f, const mote_fb_table *table, uint16_t id, int32_t i, const void *value, size_t n_bytes)
{
    const mote_fb_vec vec = mote_fb_get_vec(table, id);
    assert_int_not_equal(vec.at, 0);
    const size_t at = i < 0 ? vec.at - 4 : vec.at + (size_t)i * n_bytes;
    memcpy(f->bytes + at, value, i < 0 ? 4 : n_bytes);
}

static void set_i32(file *f, const mote_fb_table *table, uint16_t id, int32_t i, int32_t value)
{
    set_element(f, table, id, i, &value, 4);
}

static mote_fb_table tensor(const file *f, uint32_t i)
{
    return element(&f->graph, TFL_GRAPH_TENSORS, i);
}

static mote_fb_table quant(const file *f, uint32_t i)
{
    const mote_fb_table table = tensor(f, i);
    return child(&table, TFL_TENSOR_QUANTIZATION);
}

static void bad_root(file *f)
{
    memcpy(f->bytes, "\xff\xff\xff\x7f", 4);
}
static void bad_id(file *f)
{
    f->bytes[4] = 'X';
}
static void bad_vtable(file *f)
{
    memcpy(f->bytes + f->root.at, "\xff\xff\xff\x7f", 4);
}
static void bad_vtable_size(file *f)
{
    f->bytes[f->root.vtable] = 3;
}
static void bad_field_offset(file *f)
{
    memcpy(f->bytes + f->root.vtable + 4, "\xf0\xff", 2);
}
static void bad_reference(file *f)
{
    set(f, &f->root, TFL_MODEL_SUBGRAPHS, 0x7ffffff0, 4);
}
static void bad_schema_version(file *f)
{
    set(f, &f->root, TFL_MODEL_VERSION, 2, 4);
}
static void bad_vec_length(file *f)
{
    set_i32(f, &f->graph, TFL_GRAPH_TENSORS, -1, 0x10000000);
}
static void bad_text_end(file *f)
{
    const mote_fb_table table = tensor(f, T_C);
    set_i32(f, &table, TFL_TENSOR_NAME, -1, 2); /* its zero byte becomes part of it */
    const mote_fb_vec name = mote_fb_get_vec(&table, TFL_TENSOR_NAME);
    f->bytes[name.at + 2] = 'x';
}
static void bad_opcode_index(file *f)
{
    /* index 0 is not stored: the number of codes shrinks instead */
    set_i32(f, &f->root, TFL_MODEL_OPERATOR_CODES, -1, 0);
}
static void bad_op_version(file *f)
{
    set(f, &f->code, TFL_CODE_VERSION, 0, 4);
}
static void bad_options_type(file *f)
{
    set(f, &f->node, TFL_OP_OPTIONS_TYPE, 1, 1);
}
static void bad_input(file *f)
{
    set_i32(f, &f->node, TFL_OP_INPUTS, 0, 1000);
}
static void bad_negative_input(file *f)
{
    set_i32(f, &f->node, TFL_OP_INPUTS, 0, -2);
}
static void bad_left_out_input(file *f)
{
    set_i32(f, &f->node, TFL_OP_INPUTS, 0, MOTE_NO_TENSOR);
}
static void bad_output(file *f)
{
    set_i32(f, &f->node, TFL_OP_OUTPUTS, 0, 1000);
}
static void bad_no_output(file *f)
{
    set_i32(f, &f->node, TFL_OP_OUTPUTS, 0, -1);
}
static void bad_producer(file *f)
{
    set_i32(f, &f->node, TFL_OP_OUTPUTS, 0, T_X);
}
static void bad_order(file *f)
{
    set_i32(f, &f->node, TFL_OP_INPUTS, 0, T_Y);
}
static void bad_graph_output(file *f)
{
    set_i32(f, &f->graph, TFL_GRAPH_OUTPUTS, 0, 77);
}
static void bad_type(file *f)
{
    const mote_fb_table table = tensor(f, T_Q);
    set(f, &table, TFL_TENSOR_TYPE, 99, 1);
}
static void bad_buffer(file *f)
{
    const mote_fb_table table = tensor(f, T_C);
    set(f, &table, TFL_TENSOR_BUFFER, 1000, 4);
}
static void bad_dim(file *f)
{
    const mote_fb_table table = tensor(f, T_C);
    set_i32(f, &table, TFL_TENSOR_SHAPE, 0, -5);
}
static void bad_size(file *f)
{
    const mote_fb_table table = tensor(f, T_C);
    set_i32(f, &table, TFL_TENSOR_SHAPE, 0, 5);
}
static void bad_overflow(file *f)
{
    const mote_fb_table table = tensor(f, T_X);
    for (int32_t i = 0; i < 2; i++)
        set_i32(f, &table, TFL_TENSOR_SHAPE, i, 0x7fffffff);
}
static void bad_rank(file *f)
{
    const mote_fb_table table = tensor(f, T_X);
    set_i32(f, &table, TFL_TENSOR_SHAPE, -1, 9);
}
static void bad_scale(file *f)
{
    const mote_fb_table table = quant(f, T_Q);
    set_element(f, &table, TFL_QUANT_SCALE, 1, &(float){NAN}, 4);
}
static void bad_scale_negative(file *f)
{
    const mote_fb_table table = quant(f, T_Q);
    set_element(f, &table, TFL_QUANT_SCALE, 0, &(float){-1}, 4);
}
static void bad_scale_count(file *f)
{
    const mote_fb_table table = quant(f, T_Q);
    set_i32(f, &table, TFL_QUANT_SCALE, -1, 1);
}
static void bad_slices(file *f)
{
    const mote_fb_table table = quant(f, T_Q);
    set_i32(f, &table, TFL_QUANT_SCALE, -1, 0);
    set_i32(f, &table, TFL_QUANT_ZERO_POINT, -1, 0);
    const mote_fb_table shape = tensor(f, T_Q);
    set_i32(f, &shape, TFL_TENSOR_SHAPE, 0, 3); /* 3 x 3 needs 9 bytes */
}
static void bad_zero_point(file *f)
{
    const mote_fb_table table = quant(f, T_Q);
    set_element(f, &table, TFL_QUANT_ZERO_POINT, 0, &(int64_t){128}, 8);
}
static void bad_strings(file *f)
{
    const mote_fb_table buffer = element(&f->root, TFL_MODEL_BUFFERS, 3);
    set_element(f, &buffer, TFL_BUFFER_DATA, 8, &(uint8_t){99}, 1); /* the second string begins past the end */
}
static void bad_sparse_index(file *f)
{
    const mote_fb_table table = tensor(f, T_SPARSE);
    const mote_fb_table sparsity = child(&table, TFL_TENSOR_SPARSITY);
    const mote_fb_table dim = element(&sparsity, TFL_SPARSITY_DIM_METADATA, 1);
    const mote_fb_table indices = child(&dim, TFL_DIM_INDICES);
    set_element(f, &indices, TFL_INDEX_VALUES, 0, &(uint8_t){3}, 1);
}
static void bad_sparse_order(file *f)
{
    const mote_fb_table table = tensor(f, T_SPARSE);
    const mote_fb_table sparsity = child(&table, TFL_TENSOR_SPARSITY);
    set_i32(f, &sparsity, TFL_SPARSITY_TRAVERSAL_ORDER, 0, 1);
}
static void bad_sparse_segment(file *f)
{
    const mote_fb_table table = tensor(f, T_SPARSE);
    const mote_fb_table sparsity = child(&table, TFL_TENSOR_SPARSITY);
    const mote_fb_table dim = element(&sparsity, TFL_SPARSITY_DIM_METADATA, 1);
    const mote_fb_table segments = child(&dim, TFL_DIM_SEGMENTS);
    set_element(f, &segments, TFL_INDEX_VALUES, 1, &(uint8_t){9}, 1);
}
static void bad_union_type(file *f)
{
    const mote_fb_table table = tensor(f, T_SPARSE);
    const mote_fb_table sparsity = child(&table, TFL_TENSOR_SPARSITY);
    const mote_fb_table dim = element(&sparsity, TFL_SPARSITY_DIM_METADATA, 1);
    set(f, &dim, TFL_DIM_INDICES_TYPE, 7, 1);
}
static void bad_metadata(file *f)
{
    const mote_fb_table table = element(&f->root, TFL_MODEL_METADATA, 0);
    set(f, &table, TFL_METADATA_BUFFER, 1000, 4);
}
static void bad_signature(file *f)
{
    const mote_fb_table table = element(&f->root, TFL_MODEL_SIGNATURE_DEFS, 0);
    const mote_fb_table arg = element(&table, TFL_SIGNATURE_OUTPUTS, 0);
    set(f, &arg, TFL_TENSOR_MAP_INDEX, 1000, 4);
}
static void bad_no_graph(file *f)
{
    set_i32(f, &f->root, TFL_MODEL_SUBGRAPHS, -1, 0);
}

static const struct {
    void (*damage)(file *f);
    mote_status status;
    const char *says;
} refusals[] = {
    {bad_root, MOTE_FORMAT, "Model begins past the end"},
    {bad_id, MOTE_FORMAT, "TFL3"},
    {bad_vtable, MOTE_FORMAT, "vtable lies outside"},
    {bad_vtable_size, MOTE_FORMAT, "vtable of 3 bytes"},
    {bad_field_offset, MOTE_FORMAT, "Model.version lies outside its table"},
    {bad_reference, MOTE_FORMAT, "Model.subgraphs points outside"},
    {bad_schema_version, MOTE_UNSUPPORTED, "schema version 2"},
    {bad_vec_length, MOTE_FORMAT, "SubGraph.tensors"},
    {bad_text_end, MOTE_FORMAT, "zero byte"},
    {bad_opcode_index, MOTE_FORMAT, "names operator code 0, of 0"},
    {bad_op_version, MOTE_FORMAT, "version 0"},
    {bad_options_type, MOTE_FORMAT, "options of another operator"},
    {bad_input, MOTE_FORMAT, "tensor 1000"},
    {bad_negative_input, MOTE_FORMAT, "tensor -2"},
    {bad_left_out_input, MOTE_FORMAT, "input 0 is left out"},
    {bad_output, MOTE_FORMAT, "tensor 1000"},
    {bad_no_output, MOTE_FORMAT, "tensor -1"},
    {bad_producer, MOTE_FORMAT, "already has a value"},
    {bad_order, MOTE_FORMAT, "no value at this point"},
    {bad_graph_output, MOTE_FORMAT, "77"},
    {bad_type, MOTE_UNSUPPORTED, "element type 99"},
    {bad_buffer, MOTE_FORMAT, "names buffer 1000"},
    {bad_dim, MOTE_FORMAT, "dimension 0 is -5"},
    {bad_size, MOTE_FORMAT, "16 bytes, its shape and type need 80"},
    {bad_overflow, MOTE_FORMAT, "overflows"},
    {bad_rank, MOTE_UNSUPPORTED, "rank 9"},
    {bad_scale, MOTE_FORMAT, "scale 1"},
    {bad_scale_negative, MOTE_FORMAT, "scale 0 is -1"},
    {bad_scale_count, MOTE_FORMAT, "1 scales but 2 zero points"},
    {bad_slices, MOTE_FORMAT, "6 bytes, its shape and type need 9"},
    {bad_zero_point, MOTE_FORMAT, "zero point 128 is no int8"},
    {bad_strings, MOTE_FORMAT, "string 1"},
    {bad_sparse_index, MOTE_FORMAT, "sparse indices"},
    {bad_sparse_order, MOTE_FORMAT, "sparse dimensions"},
    {bad_sparse_segment, MOTE_FORMAT, "sparse indices"},
    {bad_union_type, MOTE_FORMAT, "7 is no type of this union"},
    {bad_metadata, MOTE_FORMAT, "metadata 0 names buffer 1000"},
    {bad_signature, MOTE_FORMAT, "argument 0 is tensor 1000"},
    {bad_no_graph, MOTE_FORMAT, "no graph"},
};

static void test_refusals(void **state)
{
    (void)state;
    int32_t n_wrong = 0;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        file f = make_file();
        mote_model *model;
        mote_error err;
        refusals[i].damage(&f);
        const mote_status status = mote_tflite_read(&model, f.bytes, f.n_bytes, NULL, &err);
        if (status != refusals[i].status || !strstr(err.message, refusals[i].says)) {
            print_error("expected '%s', got %d '%s'\n", refusals[i].says, (int)status, err.message);
            n_wrong++;
        }
        assert_int_equal(model == NULL, status != MOTE_OK);
        mote_model_free(model);
        mote_free(NULL, f.bytes);
    }
    assert_int_equal(n_wrong, 0);
}

/* Weights that are all 0 have the scale 0 in TensorFlow's 16x8 files; what is computed has another. */
static void only_constants_have_the_scale_0(void **state)
{
    (void)state;
    file f = make_file();
    mote_model *model;
    mote_error err = {0};
    const mote_fb_table table = quant(&f, T_Q);
    set_element(&f, &table, TFL_QUANT_SCALE, 0, &(float){0}, 4);
    assert_int_equal(mote_tflite_read(&model, f.bytes, f.n_bytes, NULL, &err), MOTE_OK);
    mote_free(NULL, f.bytes);
    mote_graph *graph = model->graphs[0];
    assert_int_equal(mote_model_verify(model, &err), MOTE_OK);
    assert_int_equal(mote_graph_set_quant(graph, graph->outputs[0], 1, 0, &(float){0}, NULL), MOTE_OK);
    assert_int_equal(mote_model_verify(model, &err), MOTE_FORMAT);
    assert_non_null(strstr(err.message, "scale 0 is 0"));
    mote_model_free(model);
}

static void test_truncated(void **state)
{
    (void)state;
    file f = make_file();
    for (size_t n = 0; n < f.n_bytes; n++) {
        mote_model *model;
        mote_error err;
        unsigned char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a byte read too many */
        memcpy(exact, f.bytes, n);
        assert_int_equal(mote_tflite_read(&model, exact, n, NULL, &err), MOTE_FORMAT);
        assert_null(model);
        free(exact);
    }
    mote_free(NULL, f.bytes);
}

/* A vector of n references to one and the same tensor: 4 bytes of file for each. */
static void test_multiplied(void **state)
{
    (void)state;
    const size_t n = 5000000;
    mote_fb_writer out;
    mote_fb_row model_row = {0}, graph_row = {0}, tensor_row = {0};
    mote_fb_writer_init(&out, NULL);
    mote_fb_put(&out, "\0\0\0\0TFL3", 8);
    mote_fb_row_i32(&model_row, TFL_MODEL_VERSION, TFL_SCHEMA_VERSION, 0);
    mote_fb_row_ref(&model_row, TFL_MODEL_SUBGRAPHS);
    mote_fb_link(&out, 0, mote_fb_put_row(&out, &model_row));
    const size_t graphs = mote_fb_put_ref_vec(&out, 1);
    mote_fb_link(&out, mote_fb_row_slot(&model_row, TFL_MODEL_SUBGRAPHS), graphs);
    mote_fb_row_ref(&graph_row, TFL_GRAPH_TENSORS);
    mote_fb_link(&out, graphs + 4, mote_fb_put_row(&out, &graph_row));
    const size_t tensors = mote_fb_put_ref_vec(&out, n);
    mote_fb_link(&out, mote_fb_row_slot(&graph_row, TFL_GRAPH_TENSORS), tensors);
    const size_t target = mote_fb_put_row(&out, &tensor_row);
    for (size_t i = 0; i < n; i++)
        mote_fb_link(&out, tensors + 4 + 4 * i, target);
    assert_int_equal(out.status, MOTE_OK);
    mote_model *model;
    mote_error err;
    assert_int_equal(mote_tflite_read(&model, out.bytes, out.n_bytes, NULL, &err), MOTE_LIMIT);
    /* fewer pass the verifier, but what they unfold to is bounded too */
    const uint32_t fewer = 3000000;
    memcpy(out.bytes + tensors, &fewer, 4);
    assert_int_equal(mote_tflite_read(&model, out.bytes, out.n_bytes, NULL, &err), MOTE_LIMIT);
    mote_fb_writer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(only_constants_have_the_scale_0),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_multiplied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
