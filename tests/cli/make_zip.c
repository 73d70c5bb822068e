/* make_zip OUT [NAME FILE]...: a zip archive of files under any names; a NAME that begins with '@' becomes a symbolic
 * link to what FILE holds. */
#include <stdio.h>
#include <zip.h>

enum { UNIX_LINK = 0120777 };

int main(int argc, char **argv)
{
    int code = 0;
    zip_t *zip = argc > 1 ? zip_open(argv[1], ZIP_CREATE | ZIP_TRUNCATE, &code) : NULL;
    for (int i = 2; zip && i + 1 < argc; i += 2) {
        const int link = argv[i][0] == '@';
        zip_source_t *source = zip_source_file(zip, argv[i + 1], 0, -1);
        const zip_int64_t index = source ? zip_file_add(zip, argv[i] + link, source, ZIP_FL_ENC_UTF_8) : -1;
        if (index < 0 || (link && zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
                                                                   (zip_uint32_t)UNIX_LINK << 16) != 0)) {
            fprintf(stderr, "%s: %s\n", argv[i], zip_strerror(zip));
            return 1;
        }
    }
    if (!zip || zip_close(zip) != 0) {
        fprintf(stderr, "make_zip: %s\n", zip ? zip_strerror(zip) : "cannot open the archive");
        return 1;
    }
    return 0;
}
