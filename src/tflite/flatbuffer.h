/*
 * FlatBuffers, as much of them as TFLite's schema needs: a verifier that checks a whole buffer against
 * a description once, accessors that trust it afterwards, and a writer.
 *
 *   table   [soffset i32: back to its vtable][fields …]
 *   vtable  [u16 bytes of the vtable][u16 bytes of the table][u16 per field id: offset in the table, 0 absent]
 *   vector  [u32 n][n elements]; a string is a byte vector followed by a zero byte
 *   a reference is a u32, relative to its own position, always forward
 *
 * All numbers are little-endian; nothing is assumed about alignment when reading.
 */
#ifndef MOTE_TFLITE_FLATBUFFER_H
#define MOTE_TFLITE_FLATBUFFER_H

#include <mote/alloc.h>
#include <mote/status.h>
#include <stdbool.h>
#include <stdint.h>

/* --- describing a schema --- */
typedef enum mote_fb_kind {
    MOTE_FB_8, /* scalars by their bits */
    MOTE_FB_16,
    MOTE_FB_32,
    MOTE_FB_64,
    MOTE_FB_STRING,
    MOTE_FB_VEC_8, /* vectors of scalars */
    MOTE_FB_VEC_16,
    MOTE_FB_VEC_32,
    MOTE_FB_VEC_64,
    MOTE_FB_TABLE,
    MOTE_FB_VEC_TABLE,
    MOTE_FB_UNION,  /* its type is the u8 field with the id before; tables[type - 1] describes it */
    MOTE_FB_OPAQUE, /* a table of which only the header is checked here */
} mote_fb_kind;

typedef struct mote_fb_schema mote_fb_schema;

typedef struct mote_fb_field {
    const char *name;
    uint16_t id;
    uint8_t kind;
    uint8_t n_members;            /* MOTE_FB_UNION */
    const mote_fb_schema *tables; /* of TABLE, VEC_TABLE, UNION */
} mote_fb_field;

struct mote_fb_schema {
    const char *name;
    const mote_fb_field *fields;
    int32_t n_fields;
};

/* --- reading --- */
typedef struct mote_fb_table {
    const uint8_t *bytes; /* of the whole buffer */
    size_t at;            /* of the table */
    size_t vtable;
    uint32_t n_vtable_bytes, n_table_bytes;
} mote_fb_table;

typedef struct mote_fb_vec {
    const uint8_t *bytes;
    size_t at; /* of element 0; 0 when the vector is absent */
    uint32_t n;
} mote_fb_vec;

/* What the checks need; the budget bounds the tables visited, so that references that share their
 * targets cannot make a small file expensive. */
typedef struct mote_fb_check {
    const uint8_t *bytes;
    size_t n_bytes;
    int64_t budget;
    mote_error *err;
} mote_fb_check;

/* The table at `at`: its header is within the buffer. */
mote_status mote_fb_check_table(mote_fb_check *check, size_t at, const char *name, mote_fb_table *table);
/* One field, whatever its kind except OPAQUE's inside; absent is fine. Recursion goes as deep as the description. */
mote_status mote_fb_check_field(mote_fb_check *check, const mote_fb_table *table, const char *table_name,
                                const mote_fb_field *field);
/* The table at `at` and everything below it. */
mote_status mote_fb_check_all(mote_fb_check *check, size_t at, const mote_fb_schema *schema, mote_fb_table *table);

bool mote_fb_has(const mote_fb_table *table, uint16_t id);
uint8_t mote_fb_get_u8(const mote_fb_table *table, uint16_t id, uint8_t absent);
int8_t mote_fb_get_i8(const mote_fb_table *table, uint16_t id, int8_t absent);
int32_t mote_fb_get_i32(const mote_fb_table *table, uint16_t id, int32_t absent);
uint32_t mote_fb_get_u32(const mote_fb_table *table, uint16_t id, uint32_t absent);
int64_t mote_fb_get_i64(const mote_fb_table *table, uint16_t id, int64_t absent);
uint64_t mote_fb_get_u64(const mote_fb_table *table, uint16_t id, uint64_t absent);
float mote_fb_get_f32(const mote_fb_table *table, uint16_t id, float absent);
/* false: absent. */
bool mote_fb_get_table(const mote_fb_table *table, uint16_t id, mote_fb_table *child);
/* A vector or string; at 0 and n 0 when absent. */
mote_fb_vec mote_fb_get_vec(const mote_fb_table *table, uint16_t id);
mote_fb_table mote_fb_vec_table(const mote_fb_vec *vec, uint32_t i);
int32_t mote_fb_vec_i32(const mote_fb_vec *vec, uint32_t i);
int64_t mote_fb_vec_i64(const mote_fb_vec *vec, uint32_t i);
float mote_fb_vec_f32(const mote_fb_vec *vec, uint32_t i);
uint16_t mote_fb_vec_u16(const mote_fb_vec *vec, uint32_t i);
/* The bytes of a vector from its element 0. */
const uint8_t *mote_fb_vec_bytes(const mote_fb_vec *vec);

/* --- writing: front to back, parents before what they refer to --- */
typedef struct mote_fb_writer {
    const mote_allocator *allocator;
    uint8_t *bytes;
    size_t n_bytes, capacity;
    size_t *vtables; /* positions of those written, to share them */
    size_t n_vtables, vtable_capacity;
    mote_status status; /* the first failure: MOTE_NO_MEMORY or MOTE_LIMIT; later calls do nothing */
} mote_fb_writer;

enum { MOTE_FB_MAX_FIELDS = 24 };

/* A table being put together: the fields that are there, in any order. */
typedef struct mote_fb_row {
    int32_t n;
    uint16_t ids[MOTE_FB_MAX_FIELDS];
    uint8_t sizes[MOTE_FB_MAX_FIELDS];
    uint64_t values[MOTE_FB_MAX_FIELDS];
    size_t slots[MOTE_FB_MAX_FIELDS]; /* after mote_fb_put_row: where field i lies */
} mote_fb_row;

void mote_fb_writer_init(mote_fb_writer *writer, const mote_allocator *allocator);
void mote_fb_writer_fini(mote_fb_writer *writer);
/* Zero bytes up to the next position p where (p + ahead) is a multiple of alignment. */
void mote_fb_align(mote_fb_writer *writer, size_t alignment, size_t ahead);
/* Appends; returns the position. */
size_t mote_fb_put(mote_fb_writer *writer, const void *bytes, size_t n_bytes);
void mote_fb_row_u8(mote_fb_row *row, uint16_t id, uint8_t value, uint8_t absent);
void mote_fb_row_i32(mote_fb_row *row, uint16_t id, int32_t value, int32_t absent);
void mote_fb_row_i64(mote_fb_row *row, uint16_t id, int64_t value, int64_t absent);
void mote_fb_row_f32(mote_fb_row *row, uint16_t id, float value, float absent);
/* A reference to be linked later. */
void mote_fb_row_ref(mote_fb_row *row, uint16_t id);
/* Writes vtable and table; returns the table's position. Same rows share their vtable. */
size_t mote_fb_put_row(mote_fb_writer *writer, mote_fb_row *row);
/* Where the reference field `id` of a written row lies, for mote_fb_link. */
size_t mote_fb_row_slot(const mote_fb_row *row, uint16_t id);
/* Makes the u32 at slot refer to target, which comes after it. */
void mote_fb_link(mote_fb_writer *writer, size_t slot, size_t target);
/* A vector of n elements; those start at a multiple of max(alignment, 4). Returns its position. */
size_t mote_fb_put_vec(mote_fb_writer *writer, const void *elements, size_t n, size_t element_bytes, size_t alignment);
size_t mote_fb_put_string(mote_fb_writer *writer, const char *text);
/* A vector of n references to be linked: element i's slot is the result + 4 + 4 * i. */
size_t mote_fb_put_ref_vec(mote_fb_writer *writer, size_t n);

#endif
