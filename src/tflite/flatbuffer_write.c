#include "tflite/flatbuffer.h"

#include <string.h>

enum { FIRST_CAPACITY = 4096 };

/* References are 32-bit and signed in most readers: 2 GiB is the format's own limit. */
static const size_t max_bytes = INT32_MAX;

void mote_fb_writer_init(mote_fb_writer *writer, const mote_allocator *allocator)
{
    *writer = (mote_fb_writer){.allocator = allocator};
}

void mote_fb_writer_fini(mote_fb_writer *writer)
{
    mote_free(writer->allocator, writer->bytes);
    mote_free(writer->allocator, writer->vtables);
    *writer = (mote_fb_writer){.allocator = writer->allocator};
}

/* Room for n_bytes more; false after a failure. */
static bool reserve(mote_fb_writer *writer, size_t n_bytes)
{
    if (writer->status != MOTE_OK)
        return false;
    if (n_bytes > max_bytes || writer->n_bytes > max_bytes - n_bytes) {
        writer->status = MOTE_LIMIT;
        return false;
    }
    const size_t needed = writer->n_bytes + n_bytes;
    if (needed <= writer->capacity)
        return true;
    size_t capacity = writer->capacity == 0 ? FIRST_CAPACITY : writer->capacity + writer->capacity / 2;
    if (capacity < needed)
        capacity = needed;
    uint8_t *bytes = mote_realloc(writer->allocator, writer->bytes, writer->n_bytes, capacity);
    if (bytes == NULL) {
        writer->status = MOTE_NO_MEMORY;
        return false;
    }
    writer->bytes = bytes;
    writer->capacity = capacity;
    return true;
}

size_t mote_fb_put(mote_fb_writer *writer, const void *bytes, size_t n_bytes)
{
    const size_t at = writer->n_bytes;
    if (n_bytes > 0 && reserve(writer, n_bytes)) {
        memcpy(writer->bytes + at, bytes, n_bytes);
        writer->n_bytes += n_bytes;
    }
    return at;
}

void mote_fb_align(mote_fb_writer *writer, size_t alignment, size_t ahead)
{
    const size_t over = (writer->n_bytes + ahead) % alignment;
    const size_t n = over == 0 ? 0 : alignment - over;
    if (n > 0 && reserve(writer, n)) {
        memset(writer->bytes + writer->n_bytes, 0, n);
        writer->n_bytes += n;
    }
}

/* --- rows --- */

static void row_add(mote_fb_row *row, uint16_t id, uint8_t n_bytes, uint64_t value)
{
    row->ids[row->n] = id;
    row->sizes[row->n] = n_bytes;
    row->values[row->n] = value;
    row->n++;
}

void mote_fb_row_u8(mote_fb_row *row, uint16_t id, uint8_t value, uint8_t absent)
{
    if (value != absent)
        row_add(row, id, 1, value);
}

void mote_fb_row_i32(mote_fb_row *row, uint16_t id, int32_t value, int32_t absent)
{
    if (value != absent)
        row_add(row, id, 4, (uint32_t)value);
}

void mote_fb_row_i64(mote_fb_row *row, uint16_t id, int64_t value, int64_t absent)
{
    if (value != absent)
        row_add(row, id, 8, (uint64_t)value);
}

void mote_fb_row_f32(mote_fb_row *row, uint16_t id, float value, float absent)
{
    uint32_t bits, absent_bits; /* by bits: -0 and NaN are values too */
    memcpy(&bits, &value, sizeof bits);
    memcpy(&absent_bits, &absent, sizeof absent_bits);
    if (bits != absent_bits)
        row_add(row, id, 4, bits);
}

void mote_fb_row_ref(mote_fb_row *row, uint16_t id)
{
    row_add(row, id, 4, 0);
}

size_t mote_fb_row_slot(const mote_fb_row *row, uint16_t id)
{
    for (int32_t i = 0; i < row->n; ++i)
        if (row->ids[i] == id)
            return row->slots[i];
    return 0;
}

/* Lays the fields out, widest first (no gaps), after the 4 bytes of the vtable reference. Returns the table's bytes. */
static uint16_t lay_out(const mote_fb_row *row, uint16_t offsets[MOTE_FB_MAX_FIELDS], bool *wide)
{
    static const uint8_t widths[] = {8, 4, 2, 1};
    uint16_t at = 4;
    *wide = false;
    for (int32_t i = 0; i < row->n; ++i)
        *wide = *wide || row->sizes[i] == 8;
    for (size_t w = 0; w < sizeof widths; ++w)
        for (int32_t i = 0; i < row->n; ++i)
            if (row->sizes[i] == widths[w]) {
                offsets[i] = at;
                at = (uint16_t)(at + widths[w]);
            }
    return at;
}

/* Writes the vtable, or finds one with the same bytes. */
static size_t put_vtable(mote_fb_writer *writer, const uint16_t *vtable, uint16_t n_bytes)
{
    for (size_t i = 0; i < writer->n_vtables; ++i) {
        const size_t at = writer->vtables[i];
        if (writer->n_bytes - at >= n_bytes && memcmp(writer->bytes + at, vtable, n_bytes) == 0)
            return at;
    }
    mote_fb_align(writer, 2, 0);
    const size_t at = mote_fb_put(writer, vtable, n_bytes);
    if (writer->n_vtables == writer->vtable_capacity) {
        const size_t capacity = writer->vtable_capacity == 0 ? 32 : 2 * writer->vtable_capacity;
        size_t *vtables = mote_realloc(writer->allocator, writer->vtables, writer->n_vtables * sizeof *vtables,
                                       capacity * sizeof *vtables);
        if (vtables == NULL) {
            writer->status = MOTE_NO_MEMORY;
            return at;
        }
        writer->vtables = vtables;
        writer->vtable_capacity = capacity;
    }
    if (writer->status == MOTE_OK)
        writer->vtables[writer->n_vtables++] = at;
    return at;
}

size_t mote_fb_put_row(mote_fb_writer *writer, mote_fb_row *row)
{
    uint16_t offsets[MOTE_FB_MAX_FIELDS] = {0};
    bool wide;
    const uint16_t n_table_bytes = lay_out(row, offsets, &wide);
    uint16_t vtable[2 + MOTE_FB_MAX_FIELDS] = {0};
    int32_t n_ids = 0;
    for (int32_t i = 0; i < row->n; ++i) {
        vtable[2 + row->ids[i]] = offsets[i];
        if (row->ids[i] >= n_ids)
            n_ids = row->ids[i] + 1;
    }
    vtable[0] = (uint16_t)(4 + 2 * n_ids);
    vtable[1] = n_table_bytes;
    const size_t vtable_at = put_vtable(writer, vtable, vtable[0]);
    /* 8-byte fields follow the 4 bytes at the start */
    mote_fb_align(writer, wide ? 8 : 4, wide ? 4 : 0);
    const size_t at = writer->n_bytes;
    const int32_t back = (int32_t)(at - vtable_at);
    mote_fb_put(writer, &back, sizeof back);
    for (uint16_t offset = 4; offset < n_table_bytes;)
        for (int32_t i = 0; i < row->n; ++i)
            if (offsets[i] == offset) {
                row->slots[i] = mote_fb_put(writer, &row->values[i], row->sizes[i]);
                offset = (uint16_t)(offset + row->sizes[i]);
            }
    return at;
}

void mote_fb_link(mote_fb_writer *writer, size_t slot, size_t target)
{
    if (writer->status != MOTE_OK)
        return;
    const uint32_t distance = (uint32_t)(target - slot);
    memcpy(writer->bytes + slot, &distance, sizeof distance);
}

size_t mote_fb_put_vec(mote_fb_writer *writer, const void *elements, size_t n, size_t element_bytes, size_t alignment)
{
    if (n > max_bytes / element_bytes) {
        if (writer->status == MOTE_OK)
            writer->status = MOTE_LIMIT;
        return 0;
    }
    mote_fb_align(writer, alignment < 4 ? 4 : alignment, 4);
    const uint32_t count = (uint32_t)n;
    const size_t at = mote_fb_put(writer, &count, sizeof count);
    mote_fb_put(writer, elements, n * element_bytes);
    return at;
}

size_t mote_fb_put_string(mote_fb_writer *writer, const char *text)
{
    const size_t at = mote_fb_put_vec(writer, text, strlen(text), 1, 4);
    mote_fb_put(writer, "", 1);
    return at;
}

size_t mote_fb_put_ref_vec(mote_fb_writer *writer, size_t n)
{
    const size_t at = mote_fb_put_vec(writer, NULL, 0, 4, 4);
    if (n > max_bytes / 4) {
        if (writer->status == MOTE_OK)
            writer->status = MOTE_LIMIT;
        return at;
    }
    if (n > 0 && reserve(writer, 4 * n)) {
        const uint32_t count = (uint32_t)n;
        memcpy(writer->bytes + at, &count, sizeof count);
        memset(writer->bytes + writer->n_bytes, 0, 4 * n);
        writer->n_bytes += 4 * n;
    }
    return at;
}
