/* .npy files: NumPy's own bytes read back, every type both ways, malformed ones refused. */
#include "unit/mote_test.h"

#include <mote/data.h>
#include <mote/io.h>

#include <string.h>

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/mote_test_npy_%d.npy", (int)getpid());
    return path;
}

static void put(const char *bytes, size_t n)
{
    mote_error err = {0};
    assert_int_equal(mote_file_write(temporary(), bytes, n, &err), MOTE_OK);
}

/* numpy.save of numpy.arange(6, dtype=numpy.int16).reshape(2, 3) */
static void what_numpy_saves_is_read(void **state)
{
    (void)state;
    char file[128 + 12];
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memset(file + 10, ' ', 118);
    const char *header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";
    memcpy(file + 10, header, strlen(header));
    file[127] = '\n';
    const int16_t values[6] = {0, 1, 2, 3, 4, 5};
    memcpy(file + 128, values, sizeof values);
    put(file, sizeof file);
    mote_tensor tensor;
    mote_error err = {0};
    assert_int_equal(mote_npy_read(temporary(), &tensor, NULL, &err), MOTE_OK);
    assert_int_equal(tensor.dtype, MOTE_INT16);
    assert_int_equal(tensor.shape.rank, 2);
    assert_int_equal(tensor.shape.dims[0], 2);
    assert_int_equal(tensor.shape.dims[1], 3);
    assert_memory_equal(tensor.data, values, sizeof values);
    mote_free(NULL, tensor.data);
    /* and written the same way, byte for byte */
    mote_tensor same = {.name = "", .dtype = MOTE_INT16, .shape = {2, {2, 3}}, .data = (void *)values};
    assert_int_equal(mote_npy_write(temporary(), &same, &err), MOTE_OK);
    mote_file read;
    assert_int_equal(mote_file_open(&read, temporary(), 0, NULL, &err), MOTE_OK);
    assert_int_equal(read.n_bytes, sizeof file);
    assert_memory_equal(read.data, file, sizeof file);
    mote_file_close(&read);
}

static void every_type_and_rank_goes_both_ways(void **state)
{
    (void)state;
    unsigned char room[16 * 24];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (unsigned char)(i * 7);
    const mote_shape shapes[] = {{0}, {1, {24}}, {1, {0}}, {4, {2, 3, 1, 4}}, {8, {1, 2, 1, 3, 1, 2, 1, 2}}};
    int n_types = 0;
    for (int dtype = 0; dtype < MOTE_DTYPE_COUNT; dtype++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            const mote_tensor out = {.name = "", .dtype = (mote_dtype)dtype, .shape = shapes[s], .data = room};
            mote_error err = {0};
            const mote_status status = mote_npy_write(temporary(), &out, &err);
            if (status == MOTE_UNSUPPORTED)
                continue;
            assert_int_equal(status, MOTE_OK);
            mote_tensor in;
            assert_int_equal(mote_npy_read(temporary(), &in, NULL, &err), MOTE_OK);
            assert_int_equal(in.dtype, dtype);
            assert_true(mote_shape_equal(&in.shape, &shapes[s]));
            assert_memory_equal(in.data, room, in.n_bytes);
            mote_free(NULL, in.data);
            n_types += s == 0;
        }
    assert_int_equal(n_types, 14);
}

static void refuse(const char *header, const char *why)
{
    char file[256] = "\x93NUMPY\x01";
    const size_t n = strlen(header);
    file[8] = (char)n;
    memcpy(file + 10, header, n);
    put(file, 10 + n + 8);
    mote_tensor tensor;
    mote_error err = {0};
    assert_int_not_equal(mote_npy_read(temporary(), &tensor, NULL, &err), MOTE_OK);
    assert_non_null(strstr(err.message, why));
    assert_non_null(strstr(err.message, temporary()));
    assert_null(tensor.data);
}

static void malformed_files_are_refused(void **state)
{
    (void)state;
    mote_tensor tensor;
    mote_error err = {0};
    put("PK\x03\x04 a zip archive", 18);
    assert_int_equal(mote_npy_read(temporary(), &tensor, NULL, &err), MOTE_FORMAT);
    put("\x93NUMPY\x01\x00\xff\xff", 10);
    assert_int_equal(mote_npy_read(temporary(), &tensor, NULL, &err), MOTE_FORMAT);
    put("\x93NUMPY\x07\x00\x00\x00", 10);
    assert_int_equal(mote_npy_read(temporary(), &tensor, NULL, &err), MOTE_UNSUPPORTED);
    refuse("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", "needs more than the 8 bytes");
    refuse("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999,), }", "beyond 2^31");
    refuse("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }", "more than");
    refuse("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "big-endian");
    refuse("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "Fortran");
    refuse("{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", "element type");
    refuse("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "no element type");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (x,), }", "malformed");
    refuse("{'descr': '<f4', 'fortran_order': False}", "no shape");
    refuse("", "no element type");
}

static int clean(void **state)
{
    (void)state;
    unlink(temporary());
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_numpy_saves_is_read),
        cmocka_unit_test(every_type_and_rank_goes_both_ways),
        cmocka_unit_test(malformed_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
