#include "tflite/flatbuffer.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files and tensors are little-endian");

static uint16_t load_u16(const uint8_t *bytes, size_t at)
{
    uint16_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static uint32_t load_u32(const uint8_t *bytes, size_t at)
{
    uint32_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static int32_t load_i32(const uint8_t *bytes, size_t at)
{
    int32_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static uint64_t load_u64(const uint8_t *bytes, size_t at)
{
    uint64_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

/* --- checking --- */

/* Bytes of a field inside its table. */
static size_t kind_inline_bytes(uint8_t kind)
{
    switch (kind) {
    case MOTE_FB_8:
        return 1;
    case MOTE_FB_16:
        return 2;
    case MOTE_FB_64:
        return 8;
    default:
        return 4;
    }
}

/* Bytes of an element behind a reference; 0: no vector of scalars. */
static size_t kind_element_bytes(uint8_t kind)
{
    switch (kind) {
    case MOTE_FB_STRING:
    case MOTE_FB_VEC_8:
        return 1;
    case MOTE_FB_VEC_16:
        return 2;
    case MOTE_FB_VEC_32:
    case MOTE_FB_VEC_TABLE:
        return 4;
    case MOTE_FB_VEC_64:
        return 8;
    default:
        return 0;
    }
}

/* Position of a field in the buffer; 0 when absent (0 holds the root reference, never a field). */
static size_t field_at(const mote_fb_table *table, uint16_t id)
{
    const size_t entry = 4 + 2 * (size_t)id;
    if (entry + 2 > table->n_vtable_bytes)
        return 0;
    const uint16_t offset = load_u16(table->bytes, table->vtable + entry);
    return offset == 0 ? 0 : table->at + offset;
}

mote_status mote_fb_check_table(mote_fb_check *check, size_t at, const char *name, mote_fb_table *table)
{
    if (--check->budget < 0)
        return mote_error_set(check->err, MOTE_LIMIT, "byte %zu: too many tables: the file's references multiply", at);
    if (at > check->n_bytes || check->n_bytes - at < 4)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s begins past the end of the file", at, name);
    const int64_t vtable = (int64_t)at - load_i32(check->bytes, at);
    if (vtable < 0 || vtable > (int64_t)check->n_bytes - 4)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s: its vtable lies outside the file", at, name);
    *table = (mote_fb_table){.bytes = check->bytes, .at = at, .vtable = (size_t)vtable};
    table->n_vtable_bytes = load_u16(check->bytes, table->vtable);
    table->n_table_bytes = load_u16(check->bytes, table->vtable + 2);
    if (table->n_vtable_bytes < 4 || table->n_vtable_bytes % 2 != 0 ||
        check->n_bytes - table->vtable < table->n_vtable_bytes)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s: its vtable of %u bytes is damaged", at, name,
                              table->n_vtable_bytes);
    if (table->n_table_bytes < 4 || check->n_bytes - at < table->n_table_bytes)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s: %u bytes of fields run past the end of the file",
                              at, name, table->n_table_bytes);
    return MOTE_OK;
}

/* The position a reference at `at` points to, with room for a u32 there. */
static mote_status check_reference(mote_fb_check *check, size_t at, const char *name, const char *field, size_t *target)
{
    *target = at + load_u32(check->bytes, at);
    if (*target == at || *target > check->n_bytes || check->n_bytes - *target < 4)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s.%s points outside the file", at, name, field);
    return MOTE_OK;
}

static mote_status check_vec_tables(mote_fb_check *check, size_t at, uint32_t n, const char *name,
                                    const mote_fb_field *field)
{
    for (uint32_t i = 0; i < n; ++i) {
        size_t target;
        mote_status status = check_reference(check, at + 4 * (size_t)i, name, field->name, &target);
        if (status != MOTE_OK)
            return status;
        mote_fb_table child;
        status = mote_fb_check_all(check, target, field->tables, &child);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status check_vec(mote_fb_check *check, size_t at, const char *name, const mote_fb_field *field)
{
    const size_t element_bytes = kind_element_bytes(field->kind);
    const uint32_t n = load_u32(check->bytes, at);
    const size_t room = check->n_bytes - at - 4;
    if (n > INT32_MAX || n > room / element_bytes)
        return mote_error_set(check->err, MOTE_FORMAT,
                              "byte %zu: %s.%s: %u elements of %zu bytes run past the end of the file", at, name,
                              field->name, n, element_bytes);
    if (field->kind == MOTE_FB_STRING && (n == room || check->bytes[at + 4 + n] != 0))
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s.%s: the text does not end in a zero byte", at,
                              name, field->name);
    if (field->kind == MOTE_FB_VEC_TABLE)
        return check_vec_tables(check, at + 4, n, name, field);
    return MOTE_OK;
}

static mote_status check_union(mote_fb_check *check, const mote_fb_table *table, size_t target, const char *name,
                               const mote_fb_field *field)
{
    const uint8_t type = mote_fb_get_u8(table, (uint16_t)(field->id - 1), 0);
    if (type == 0 || type > field->n_members)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s.%s: %u is no type of this union", target, name,
                              field->name, type);
    mote_fb_table child;
    return mote_fb_check_all(check, target, &field->tables[type - 1], &child);
}

mote_status mote_fb_check_field(mote_fb_check *check, const mote_fb_table *table, const char *table_name,
                                const mote_fb_field *field)
{
    const size_t at = field_at(table, field->id);
    if (at == 0)
        return MOTE_OK;
    if (at - table->at < 4 || at - table->at + kind_inline_bytes(field->kind) > table->n_table_bytes)
        return mote_error_set(check->err, MOTE_FORMAT, "byte %zu: %s.%s lies outside its table", at, table_name,
                              field->name);
    if (field->kind <= MOTE_FB_64)
        return MOTE_OK;
    size_t target;
    mote_status status = check_reference(check, at, table_name, field->name, &target);
    if (status != MOTE_OK)
        return status;
    mote_fb_table child;
    switch (field->kind) {
    case MOTE_FB_TABLE:
        return mote_fb_check_all(check, target, field->tables, &child);
    case MOTE_FB_OPAQUE:
        return mote_fb_check_table(check, target, field->name, &child);
    case MOTE_FB_UNION:
        return check_union(check, table, target, table_name, field);
    default:
        return check_vec(check, target, table_name, field);
    }
}

mote_status mote_fb_check_all(mote_fb_check *check, size_t at, const mote_fb_schema *schema, mote_fb_table *table)
{
    mote_status status = mote_fb_check_table(check, at, schema->name, table);
    for (int32_t i = 0; i < schema->n_fields && status == MOTE_OK; ++i)
        status = mote_fb_check_field(check, table, schema->name, &schema->fields[i]);
    return status;
}

/* --- what the checks have allowed --- */

bool mote_fb_has(const mote_fb_table *table, uint16_t id)
{
    return field_at(table, id) != 0;
}

uint8_t mote_fb_get_u8(const mote_fb_table *table, uint16_t id, uint8_t absent)
{
    const size_t at = field_at(table, id);
    return at == 0 ? absent : table->bytes[at];
}

int8_t mote_fb_get_i8(const mote_fb_table *table, uint16_t id, int8_t absent)
{
    return (int8_t)mote_fb_get_u8(table, id, (uint8_t)absent);
}

uint32_t mote_fb_get_u32(const mote_fb_table *table, uint16_t id, uint32_t absent)
{
    const size_t at = field_at(table, id);
    return at == 0 ? absent : load_u32(table->bytes, at);
}

int32_t mote_fb_get_i32(const mote_fb_table *table, uint16_t id, int32_t absent)
{
    return (int32_t)mote_fb_get_u32(table, id, (uint32_t)absent);
}

uint64_t mote_fb_get_u64(const mote_fb_table *table, uint16_t id, uint64_t absent)
{
    const size_t at = field_at(table, id);
    return at == 0 ? absent : load_u64(table->bytes, at);
}

int64_t mote_fb_get_i64(const mote_fb_table *table, uint16_t id, int64_t absent)
{
    return (int64_t)mote_fb_get_u64(table, id, (uint64_t)absent);
}

float mote_fb_get_f32(const mote_fb_table *table, uint16_t id, float absent)
{
    const size_t at = field_at(table, id);
    float value = absent;
    if (at != 0)
        memcpy(&value, table->bytes + at, sizeof value);
    return value;
}

/* A table whose header was checked before. */
static mote_fb_table table_at(const uint8_t *bytes, size_t at)
{
    mote_fb_table table = {.bytes = bytes, .at = at};
    table.vtable = (size_t)((int64_t)at - load_i32(bytes, at));
    table.n_vtable_bytes = load_u16(bytes, table.vtable);
    table.n_table_bytes = load_u16(bytes, table.vtable + 2);
    return table;
}

bool mote_fb_get_table(const mote_fb_table *table, uint16_t id, mote_fb_table *child)
{
    const size_t at = field_at(table, id);
    if (at == 0)
        return false;
    *child = table_at(table->bytes, at + load_u32(table->bytes, at));
    return true;
}

mote_fb_vec mote_fb_get_vec(const mote_fb_table *table, uint16_t id)
{
    mote_fb_vec vec = {.bytes = table->bytes};
    const size_t at = field_at(table, id);
    if (at != 0) {
        const size_t target = at + load_u32(table->bytes, at);
        vec.n = load_u32(table->bytes, target);
        vec.at = target + 4;
    }
    return vec;
}

mote_fb_table mote_fb_vec_table(const mote_fb_vec *vec, uint32_t i)
{
    const size_t at = vec->at + 4 * (size_t)i;
    return table_at(vec->bytes, at + load_u32(vec->bytes, at));
}

int32_t mote_fb_vec_i32(const mote_fb_vec *vec, uint32_t i)
{
    return load_i32(vec->bytes, vec->at + 4 * (size_t)i);
}

int64_t mote_fb_vec_i64(const mote_fb_vec *vec, uint32_t i)
{
    return (int64_t)load_u64(vec->bytes, vec->at + 8 * (size_t)i);
}

float mote_fb_vec_f32(const mote_fb_vec *vec, uint32_t i)
{
    float value;
    memcpy(&value, vec->bytes + vec->at + 4 * (size_t)i, sizeof value);
    return value;
}

uint16_t mote_fb_vec_u16(const mote_fb_vec *vec, uint32_t i)
{
    return load_u16(vec->bytes, vec->at + 2 * (size_t)i);
}

const uint8_t *mote_fb_vec_bytes(const mote_fb_vec *vec)
{
    return vec->bytes + vec->at;
}
