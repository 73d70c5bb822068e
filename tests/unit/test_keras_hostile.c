/*
 * Keras files that nobody saved: HDF5 that leads elsewhere or was filtered by who knows what, zips that unpack to more
 * than they say, descriptions without end. Each is refused in one line, or read without what is foreign in it.
 */
#include "unit/mote_test.h"

#include <mote/import.h>
#include <mote/io.h>

#include <hdf5.h>
#include <string.h>
#include <zip.h>

#include "import/h5_file.h"
#include "import/keras_file.h"
#include "import/zip_file.h"

enum { N = 4, OWN_FILTER = 300, PATH_BYTES = 256 };

static const float VALUES[N] = {1, 2, 3, 4};

/* --- HDF5 --- */

typedef struct fixture {
    char folder[64], path[PATH_BYTES], other[PATH_BYTES]; /* other.h5 has a dataset "w", too */
    mote_file file;
    mote_h5 *h5;
    mote_error err;
} fixture;

static void add_dataset(hid_t file, const char *name, hid_t plist)
{
    const hsize_t dims = N;
    const hid_t space = H5Screate_simple(1, &dims, NULL);
    const hid_t dataset = H5Dcreate2(file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, VALUES) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static hid_t create(const char *path)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    add_dataset(file, "w", H5P_DEFAULT);
    return file;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/mote-h5-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/file.h5", f->folder);
    snprintf(f->other, sizeof f->other, "%s/other.h5", f->folder);
    H5Fclose(create(f->other));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    mote_h5_close(f->h5);
    if (f->file.data)
        mote_file_close(&f->file);
    mote_remove_tree(f->folder, NULL);
    free(f);
    return 0;
}

static mote_status open_file(fixture *f)
{
    assert_int_equal(mote_file_open(&f->file, f->path, 0, NULL, &f->err), MOTE_OK);
    return mote_h5_open(&f->h5, f->file.data, f->file.n_bytes, &f->err);
}

static void check_reads(fixture *f, const char *path)
{
    mote_tensor tensor;
    if (mote_h5_dataset(f->h5, path, &tensor, &f->err) != MOTE_OK)
        fail_msg("%s", f->err.message);
    assert_int_equal(tensor.n_bytes, sizeof VALUES);
    assert_memory_equal(tensor.data, VALUES, sizeof VALUES);
}

static void check_refuses(fixture *f, const char *path, const char *why)
{
    mote_tensor tensor;
    assert_int_equal(mote_h5_dataset(f->h5, path, &tensor, &f->err), MOTE_FORMAT);
    if (!strstr(f->err.message, why))
        fail_msg("'%s' lacks '%s'", f->err.message, why);
}

static void only_hard_links_are_followed(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path);
    assert_true(H5Lcreate_hard(file, "w", file, "hard", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_soft("/w", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_soft("/nothing", file, "dangling", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external(f->other, "/w", file, "external", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("/etc/passwd", "/", file, "system", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    check_reads(f, "/w");
    check_reads(f, "/hard");
    static const char *const left_out[] = {"/soft", "/dangling", "/external", "/system"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        assert_false(mote_h5_has(f->h5, left_out[i]));
        check_refuses(f, left_out[i], "is missing");
    }
}

static void values_in_other_files_are_refused(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path), plist = H5Pcreate(H5P_DATASET_CREATE);
    char raw[PATH_BYTES];
    snprintf(raw, sizeof raw, "%s/raw.bin", f->folder);
    assert_true(H5Pset_external(plist, raw, 0, sizeof VALUES) >= 0);
    add_dataset(file, "outside", plist);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    check_reads(f, "/w");
    check_refuses(f, "/outside", "external storage");
}

/* Such a dataset is a view of others, which cannot be opened where the file is read: its values would all be 0. */
static void virtual_datasets_are_refused(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path);
    const hsize_t dims = N;
    const hid_t space = H5Screate_simple(1, &dims, NULL);
    const char *const sources[] = {f->other, "."}; /* another file, and this one */
    const char *const names[] = {"view", "view_of_itself"};
    for (int i = 0; i < 2; i++) {
        const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_virtual(plist, space, sources[i], "/w", space) >= 0);
        const hid_t dataset = H5Dcreate2(file, names[i], H5T_NATIVE_FLOAT, space, H5P_DEFAULT, plist, H5P_DEFAULT);
        assert_true(dataset >= 0);
        H5Dclose(dataset);
        H5Pclose(plist);
    }
    H5Sclose(space);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    check_reads(f, "/w");
    for (int i = 0; i < 2; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%s", names[i]);
        check_refuses(f, path, "view of other");
    }
}

static size_t unchanged(unsigned flags, size_t n_values, const unsigned values[], size_t n_bytes, size_t *size,
                        void **buffer)
{
    (void)flags, (void)n_values, (void)values, (void)size, (void)buffer;
    return n_bytes;
}

/* Deflate, shuffle and checksums are what Keras and h5py write; others are refused, though libhdf5 may know them. */
static void only_plain_filters_are_read(void **state)
{
    fixture *f = *state;
    static const H5Z_class2_t own = {H5Z_CLASS_T_VERS, OWN_FILTER, 1, 1, "own", NULL, NULL, unchanged};
    const hid_t file = create(f->path);
    const hsize_t chunk = N;
    assert_true(H5Zregister(&own) >= 0);
    hid_t plists[4];
    for (int i = 0; i < 4; i++) {
        plists[i] = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_chunk(plists[i], 1, &chunk) >= 0);
    }
    assert_true(H5Pset_shuffle(plists[0]) >= 0 && H5Pset_deflate(plists[0], 9) >= 0 &&
                H5Pset_fletcher32(plists[0]) >= 0);
    assert_true(H5Pset_scaleoffset(plists[1], H5Z_SO_FLOAT_DSCALE, 3) >= 0);
    assert_true(H5Pset_nbit(plists[2]) >= 0);
    assert_true(H5Pset_filter(plists[3], OWN_FILTER, H5Z_FLAG_MANDATORY, 0, NULL) >= 0);
    static const char *const names[] = {"plain", "scaled", "bits", "own"};
    for (int i = 0; i < 4; i++) {
        add_dataset(file, names[i], plists[i]);
        H5Pclose(plists[i]);
    }
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    H5Zunregister(OWN_FILTER);
    check_reads(f, "/plain");
    check_refuses(f, "/scaled", "unusual filter");
    check_refuses(f, "/bits", "unusual filter");
    check_refuses(f, "/own", "unusual filter");
}

/* A few bytes that unpack to a terabyte, and chunks that were never written. */
static void more_values_than_the_file_can_hold_are_refused(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path), plist = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t dims[] = {1 << 20, 1 << 18}, chunk[] = {1, 1 << 18};
    assert_true(H5Pset_chunk(plist, 2, chunk) >= 0 && H5Pset_deflate(plist, 9) >= 0);
    const hid_t space = H5Screate_simple(2, dims, NULL);
    const hid_t dataset = H5Dcreate2(file, "bomb", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    check_reads(f, "/w");
    check_refuses(f, "/bomb", "it claims 274877906944 values in a file of ");
}

static void a_group_in_itself_is_refused(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path);
    const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_hard(file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Gclose(group);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_LIMIT);
    assert_string_equal(f->err.message, "groups are nested too deeply");
}

static void values_that_are_no_numbers_are_refused(void **state)
{
    fixture *f = *state;
    const hid_t file = create(f->path), compound = H5Tcreate(H5T_COMPOUND, 8), space = H5Screate(H5S_SCALAR);
    assert_true(H5Tinsert(compound, "a", 0, H5T_NATIVE_FLOAT) >= 0);
    const hid_t types[] = {compound, H5T_STD_REF_OBJ, H5T_C_S1};
    static const char *const names[] = {"compound", "reference", "text"};
    for (int i = 0; i < 3; i++)
        H5Dclose(H5Dcreate2(file, names[i], types[i], space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Tclose(compound);
    H5Fclose(file);
    assert_int_equal(open_file(f), MOTE_OK);
    check_refuses(f, "/compound", "neither floats nor integers");
    check_refuses(f, "/reference", "neither floats nor integers");
    check_refuses(f, "/text", "neither floats nor integers");
}

/* --- zip --- */

typedef struct entry {
    const char *name;
    const void *bytes;
    size_t n_bytes;
} entry;

/* An archive in memory; free with free. */
static unsigned char *make_zip(const entry *entries, int n, size_t *n_bytes)
{
    zip_error_t why;
    zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &why);
    assert_non_null(out);
    zip_source_keep(out);
    zip_t *zip = zip_open_from_source(out, ZIP_TRUNCATE, &why);
    assert_non_null(zip);
    for (int i = 0; i < n; i++)
        assert_true(zip_file_add(zip, entries[i].name, zip_source_buffer(zip, entries[i].bytes, entries[i].n_bytes, 0),
                                 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(out), 0);
    zip_stat_t info;
    assert_int_equal(zip_source_stat(out, &info), 0);
    unsigned char *bytes = malloc((size_t)info.size);
    assert_non_null(bytes);
    assert_int_equal(zip_source_read(out, bytes, info.size), (zip_int64_t)info.size);
    zip_source_close(out);
    zip_source_free(out);
    *n_bytes = (size_t)info.size;
    return bytes;
}

/* Every place where the archive has these bytes. */
static void replace(unsigned char *bytes, size_t n_bytes, const void *from, const void *to, size_t n)
{
    int n_found = 0;
    for (unsigned char *at = bytes; (at = memmem(at, n_bytes - (size_t)(at - bytes), from, n)); n_found++)
        memcpy(at, to, n);
    assert_true(n_found > 0);
}

static void check_zip(unsigned char *bytes, size_t n_bytes, mote_status wanted, const char *why)
{
    mote_model *model;
    mote_error err = {0};
    assert_int_equal(mote_keras_read(&model, bytes, n_bytes, NULL, &err), wanted);
    if (!strstr(err.message, why))
        fail_msg("'%s' lacks '%s'", err.message, why);
    free(bytes);
}

static void zip_bombs_are_refused(void **state)
{
    (void)state;
    enum { LARGE = 100 << 20 };
    unsigned char *zeros = calloc(LARGE, 1);
    assert_non_null(zeros);
    size_t n_bytes;
    unsigned char *bytes = make_zip(&(entry){"config.json", zeros, LARGE}, 1, &n_bytes);
    assert_true(n_bytes < LARGE / 900);
    check_zip(bytes, n_bytes, MOTE_LIMIT, "config.json unpacks to 104857600 bytes from an archive of ");
    /* Its directory says it has 64 bytes. */
    bytes = make_zip(&(entry){"config.json", zeros, LARGE}, 1, &n_bytes);
    replace(bytes, n_bytes, "\0\0\x40\x06", "\x40\0\0\0", 4);
    check_zip(bytes, n_bytes, MOTE_FORMAT, "config.json");
    free(zeros);
}

static void entries_are_told_apart(void **state)
{
    (void)state;
    static const entry twice[] = {{"config.json", "{}", 2}, {"config.jsoX", "[]", 2}};
    size_t n_bytes;
    unsigned char *bytes = make_zip(twice, 2, &n_bytes);
    replace(bytes, n_bytes, "config.jsoX", "config.json", 11);
    check_zip(bytes, n_bytes, MOTE_FORMAT, "config.json is in the archive more than once");
    /* Names that lead elsewhere are names: nothing is written, and nothing but the wanted ones read. */
    static const entry elsewhere[] = {
        {"../config.json", "{}", 2}, {"/config.json", "{}", 2}, {"x/../config.json", "{}", 2}};
    bytes = make_zip(elsewhere, 3, &n_bytes);
    check_zip(bytes, n_bytes, MOTE_FORMAT, "has no config.json");
    static const entry plain[] = {{"config.json", "{}", 2}};
    bytes = make_zip(plain, 1, &n_bytes);
    check_zip(bytes, n_bytes, MOTE_FORMAT, "has no model.weights.h5");
    bytes = make_zip(plain, 1, &n_bytes);
    bytes[n_bytes - 22 + 3] ^= 1; /* the end record's signature */
    check_zip(bytes, n_bytes, MOTE_FORMAT, "not a readable zip archive");
}

static void packing_that_is_unknown_is_refused(void **state)
{
    (void)state;
    enum { METHOD = 10, BZIP2 = 12, LZMA = 14, N_TEXT = 200 };
    char text[N_TEXT];
    memset(text, ' ', sizeof text);
    for (int method = BZIP2; method <= LZMA; method += LZMA - BZIP2) {
        size_t n_bytes;
        unsigned char *bytes = make_zip(&(entry){"config.json", text, sizeof text}, 1, &n_bytes);
        unsigned char *central = memmem(bytes, n_bytes, "PK\x01\x02", 4);
        assert_non_null(central);
        bytes[METHOD - 2] = central[METHOD] = (unsigned char)method;
        check_zip(bytes, n_bytes, MOTE_UNSUPPORTED, "config.json is packed by method");
    }
}

/* --- descriptions --- */

/* head, n times text, middle, n times tail, end; free with free. */
static char *repeat(const char *head, const char *text, const char *middle, const char *tail, const char *end, int n)
{
    const size_t size = strlen(head) + (strlen(text) + strlen(tail)) * (size_t)n + strlen(middle) + strlen(end) + 1;
    char *all = malloc(size), *at = all;
    assert_non_null(all);
    at = stpcpy(at, head);
    for (int i = 0; i < n; i++)
        at = stpcpy(at, text);
    at = stpcpy(at, middle);
    for (int i = 0; i < n; i++)
        at = stpcpy(at, tail);
    stpcpy(at, end);
    return all;
}

static mote_status no_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)arg, (void)layer, (void)arena, (void)err;
    return MOTE_OK;
}

static void descriptions_without_end_are_refused(void **state)
{
    (void)state;
    mote_error err = {0};
    json_t *document;
    char *text = repeat("", "[", "", "]", "", 100000);
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_FORMAT);
    assert_non_null(strstr(err.message, "maximum parsing depth reached"));
    free(text);
    text = repeat("", "{\"a\":", "1", "}", "", 100000);
    assert_int_equal(keras_parse_json(text, &document, &err), MOTE_FORMAT);
    free(text);
    assert_int_equal(keras_parse_json("{\"a\": 1, \"a\": 2}", &document, &err), MOTE_FORMAT);
    assert_non_null(strstr(err.message, "duplicate object key"));
}

/* Models in models, as deep as the parser lets them be. */
static void models_in_models_without_end_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 500 };
    mote_error err = {0};
    json_t *document;
    char *text = repeat("{\"class_name\": \"Sequential\", \"config\": {\"name\": \"top\", \"layers\": ["
                        "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"x\", \"dtype\": \"float32\", "
                        "\"batch_input_shape\": [null, 2]}}",
                        ", {\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": ["
                        "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}",
                        "", "]}}", "]}}", DEPTH);
    if (keras_parse_json(text, &document, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    model->source = "keras";
    assert_int_equal(keras_build_model(model, document, 2, NULL, no_weights, NULL, &err), MOTE_LIMIT);
    assert_string_equal(err.message, "models are nested more than 32 deep");
    mote_model_free(model);
    json_decref(document);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_hard_links_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_in_other_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(virtual_datasets_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_plain_filters_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_values_than_the_file_can_hold_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_group_in_itself_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_that_are_no_numbers_are_refused, set_up, tear_down),
        cmocka_unit_test(zip_bombs_are_refused),
        cmocka_unit_test(entries_are_told_apart),
        cmocka_unit_test(packing_that_is_unknown_is_refused),
        cmocka_unit_test(descriptions_without_end_are_refused),
        cmocka_unit_test(models_in_models_without_end_are_refused),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
