#include "tflite/tflite_options.h"

#include <string.h>

/* How each kind of field lies in the file. */
static const uint8_t fb_kinds[] = {
    [MOTE_FIELD_BOOL] = MOTE_FB_8,         [MOTE_FIELD_I8] = MOTE_FB_8,           [MOTE_FIELD_ENUM] = MOTE_FB_8,
    [MOTE_FIELD_I32] = MOTE_FB_32,         [MOTE_FIELD_I64] = MOTE_FB_64,         [MOTE_FIELD_F32] = MOTE_FB_32,
    [MOTE_FIELD_I32_VEC] = MOTE_FB_VEC_32, [MOTE_FIELD_I64_VEC] = MOTE_FB_VEC_64, [MOTE_FIELD_STRING] = MOTE_FB_STRING,
    [MOTE_FIELD_BYTES] = MOTE_FB_VEC_8,    [MOTE_FIELD_F32_VEC] = MOTE_FB_VEC_32,
};

static void set_i32(void *params, const mote_op_field *field, int32_t value)
{
    memcpy((char *)params + field->offset, &value, sizeof value);
}

void mote_tflite_default_options(const mote_op_def *def, void *params)
{
    for (int32_t i = 0; i < def->n_fields; ++i) {
        const mote_op_field *field = &def->fields[i];
        void *at = (char *)params + field->offset;
        switch ((mote_field_kind)field->kind) {
        case MOTE_FIELD_BOOL:
            *(bool *)at = field->def != 0;
            break;
        case MOTE_FIELD_I8:
        case MOTE_FIELD_ENUM:
        case MOTE_FIELD_I32:
            set_i32(params, field, (int32_t)field->def);
            break;
        case MOTE_FIELD_I64:
            *(int64_t *)at = (int64_t)field->def;
            break;
        case MOTE_FIELD_F32:
            *(float *)at = (float)field->def;
            break;
        case MOTE_FIELD_STRING:
            *(const char **)at = "";
            break;
        case MOTE_FIELD_I32_VEC:
        case MOTE_FIELD_I64_VEC:
        case MOTE_FIELD_F32_VEC:
        case MOTE_FIELD_BYTES:
            break; /* empty, as they are */
        }
    }
}

/* --- reading --- */

static mote_status read_i64_vec(mote_tflite_reader *reader, const mote_fb_vec *vec, mote_i64_vec *out)
{
    int64_t *values = mote_tflite_alloc(reader, vec->n, sizeof *values);
    if (values == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < vec->n; ++i)
        values[i] = mote_fb_vec_i64(vec, i);
    *out = (mote_i64_vec){(int32_t)vec->n, values};
    return MOTE_OK;
}

static mote_status read_bytes(mote_tflite_reader *reader, const mote_fb_vec *vec, mote_bytes *out)
{
    out->n = vec->n;
    out->values = vec->n == 0 ? NULL : mote_tflite_copy(reader, mote_fb_vec_bytes(vec), vec->n);
    return vec->n > 0 && out->values == NULL ? mote_tflite_out_of_memory(reader) : MOTE_OK;
}

static mote_status read_vec(mote_tflite_reader *reader, const mote_fb_table *options, const mote_op_field *field,
                            void *at)
{
    const mote_fb_vec vec = mote_fb_get_vec(options, field->id);
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_I64_VEC:
        return read_i64_vec(reader, &vec, at);
    case MOTE_FIELD_BYTES:
        return read_bytes(reader, &vec, at);
    case MOTE_FIELD_STRING:
        return mote_tflite_read_text(reader, options, field->id, at);
    default: {
        mote_i32_vec *out = at;
        int32_t *values;
        const mote_status status = mote_tflite_read_indices(reader, options, field->id, &out->n, &values);
        out->values = status == MOTE_OK ? values : NULL;
        return status;
    }
    }
}

static mote_status read_field(mote_tflite_reader *reader, const mote_fb_table *options, const mote_op_field *field,
                              void *params)
{
    void *at = (char *)params + field->offset;
    if (!mote_fb_has(options, field->id))
        return MOTE_OK;
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_BOOL:
        *(bool *)at = mote_fb_get_u8(options, field->id, 0) != 0;
        return MOTE_OK;
    case MOTE_FIELD_I8:
    case MOTE_FIELD_ENUM:
        set_i32(params, field, mote_fb_get_i8(options, field->id, 0));
        return MOTE_OK;
    case MOTE_FIELD_I32:
        set_i32(params, field, mote_fb_get_i32(options, field->id, 0));
        return MOTE_OK;
    case MOTE_FIELD_I64:
        *(int64_t *)at = mote_fb_get_i64(options, field->id, 0);
        return MOTE_OK;
    case MOTE_FIELD_F32:
        *(float *)at = mote_fb_get_f32(options, field->id, 0);
        return MOTE_OK;
    default:
        return read_vec(reader, options, field, at);
    }
}

mote_status mote_tflite_read_options(mote_tflite_reader *reader, const mote_op_def *def, const mote_fb_table *options,
                                     void *params)
{
    for (int32_t i = 0; i < def->n_fields; ++i) {
        const mote_op_field *field = &def->fields[i];
        const mote_fb_field as_stored = {.name = field->name, .id = field->id, .kind = fb_kinds[field->kind]};
        mote_status status = mote_fb_check_field(&reader->check, options, "options", &as_stored);
        if (status == MOTE_OK)
            status = read_field(reader, options, field, params);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

/* --- writing --- */

static void row_field(mote_fb_row *row, const mote_op_field *field, const void *params)
{
    const void *at = (const char *)params + field->offset;
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_BOOL:
        mote_fb_row_u8(row, field->id, *(const bool *)at, field->def != 0);
        break;
    case MOTE_FIELD_I8:
    case MOTE_FIELD_ENUM:
        mote_fb_row_u8(row, field->id, (uint8_t) * (const int32_t *)at, (uint8_t)(int32_t)field->def);
        break;
    case MOTE_FIELD_I32:
        mote_fb_row_i32(row, field->id, *(const int32_t *)at, (int32_t)field->def);
        break;
    case MOTE_FIELD_I64:
        mote_fb_row_i64(row, field->id, *(const int64_t *)at, (int64_t)field->def);
        break;
    case MOTE_FIELD_F32:
        mote_fb_row_f32(row, field->id, *(const float *)at, (float)field->def);
        break;
    case MOTE_FIELD_STRING:
        if (*(const char *const *)at != NULL && **(const char *const *)at != '\0')
            mote_fb_row_ref(row, field->id);
        break;
    case MOTE_FIELD_F32_VEC:
    case MOTE_FIELD_I32_VEC:
        if (((const mote_i32_vec *)at)->n > 0)
            mote_fb_row_ref(row, field->id);
        break;
    case MOTE_FIELD_I64_VEC:
        if (((const mote_i64_vec *)at)->n > 0)
            mote_fb_row_ref(row, field->id);
        break;
    case MOTE_FIELD_BYTES:
        if (((const mote_bytes *)at)->n > 0)
            mote_fb_row_ref(row, field->id);
        break;
    }
}

/* What a reference field refers to. */
static size_t put_target(mote_fb_writer *writer, const mote_op_field *field, const void *at)
{
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_STRING:
        return mote_fb_put_string(writer, *(const char *const *)at);
    case MOTE_FIELD_I64_VEC: {
        const mote_i64_vec *vec = at;
        return mote_fb_put_vec(writer, vec->values, (size_t)vec->n, sizeof *vec->values, 8);
    }
    case MOTE_FIELD_BYTES: {
        const mote_bytes *bytes = at;
        return mote_fb_put_vec(writer, bytes->values, bytes->n, 1, 4);
    }
    default: {
        const mote_i32_vec *vec = at;
        return mote_fb_put_vec(writer, vec->values, (size_t)vec->n, sizeof *vec->values, 4);
    }
    }
}

size_t mote_tflite_put_options(mote_fb_writer *writer, const mote_op_def *def, const void *params)
{
    mote_fb_row row = {0};
    for (int32_t i = 0; i < def->n_fields && params != NULL; ++i)
        row_field(&row, &def->fields[i], params);
    const size_t table = mote_fb_put_row(writer, &row);
    for (int32_t i = 0; i < def->n_fields && params != NULL; ++i) {
        const size_t slot = fb_kinds[def->fields[i].kind] <= MOTE_FB_64 ? 0 : mote_fb_row_slot(&row, def->fields[i].id);
        if (slot != 0)
            mote_fb_link(writer, slot,
                         put_target(writer, &def->fields[i], (const char *)params + def->fields[i].offset));
    }
    return table;
}
