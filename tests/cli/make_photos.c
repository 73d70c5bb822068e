/*
 * make_photos DIR: photos as people have them, and some that nobody should.
 *
 *   named.jpg a PNG · jpeg.png a JPEG · gray.jpg · cmyk.jpg · progressive.jpg · turned.jpg 20 x 10, to be turned by its
 *   EXIF · one.jpg, one.png 1 x 1 · gray.png · alpha.png gray with alpha · deep.png of 16 bits · palette.png
 *   huge.jpg, huge.png 20000 x 20000 · cut.jpg, cut.png the first half
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jpeglib.h>
#include <png.h>

enum { SIDE = 16, HUGE_SIDE = 20000, MAX_FILE = 1 << 16 };

static char path[4096];
static const char *folder;

static FILE *open_photo(const char *name, const char *mode)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

/* --- JPEG --- */

/* "Exif", a big-endian TIFF with one entry: orientation (0x0112) is 6, a quarter turn. */
static const JOCTET EXIF[] = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 0x2a, 0,    0,    0,    8,    0,    1,
                              1,   0x12, 0,   3,   0, 0, 0,   1,   0, 6,    0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static void make_jpeg(const char *name, unsigned width, unsigned height, J_COLOR_SPACE space, int channels,
                      boolean progressive, boolean exif)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    FILE *file = open_photo(name, "wb");
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = width;
    info.image_height = height;
    info.input_components = channels;
    info.in_color_space = space;
    jpeg_set_defaults(&info);
    if (progressive)
        jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    if (exif)
        jpeg_write_marker(&info, JPEG_APP0 + 1, EXIF, sizeof EXIF);
    for (unsigned y = 0; y < height; y++) {
        JSAMPLE row[4 * 64];
        for (unsigned x = 0; x < width * (unsigned)channels; x++)
            row[x] = (JSAMPLE)(40 * (x % (unsigned)channels) + 5 * y + x);
        JSAMPROW rows[] = {row};
        jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    fclose(file);
}

/* --- PNG --- */

static void make_png(const char *name, unsigned width, unsigned height, int bits, int type)
{
    static png_byte row[HUGE_SIDE];
    FILE *file = open_photo(name, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png)))
        exit(1);
    png_init_io(png, file);
    png_set_compression_level(png, 1);
    png_set_IHDR(png, info, width, height, bits, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    const png_color colors[] = {{200, 30, 30}, {30, 200, 30}, {30, 30, 200}, {90, 90, 90}};
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, colors, 4);
    png_write_info(png, info);
    for (unsigned y = 0; y < height; y++) {
        for (size_t x = 0; width < HUGE_SIDE && x < png_get_rowbytes(png, info); x++)
            row[x] = (png_byte)(type == PNG_COLOR_TYPE_PALETTE ? x * y * 7 : 5 * x + 3 * y);
        png_write_row(png, row);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

/* --- others' bytes, changed --- */

static size_t read_photo(const char *name, unsigned char bytes[MAX_FILE])
{
    FILE *file = open_photo(name, "rb");
    const size_t n = fread(bytes, 1, MAX_FILE, file);
    fclose(file);
    return n;
}

static void write_photo(const char *name, const unsigned char *bytes, size_t n)
{
    FILE *file = open_photo(name, "wb");
    if (fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        exit(1);
}

static void cut(const char *from, const char *to)
{
    unsigned char bytes[MAX_FILE];
    write_photo(to, bytes, read_photo(from, bytes) / 2);
}

/* The size that the frame header (marker FFC0) states. */
static void enlarge_jpeg(const char *from, const char *to)
{
    unsigned char bytes[MAX_FILE];
    const size_t n = read_photo(from, bytes);
    unsigned char *frame = memmem(bytes, n, "\xff\xc0", 2);
    if (!frame)
        exit(1);
    frame[5] = frame[7] = HUGE_SIDE >> 8;
    frame[6] = frame[8] = HUGE_SIDE & 255;
    write_photo(to, bytes, n);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    folder = argv[1];
    mkdir(folder, 0777);
    make_jpeg("jpeg.png", SIDE, SIDE, JCS_RGB, 3, FALSE, FALSE);
    make_jpeg("gray.jpg", SIDE, SIDE, JCS_GRAYSCALE, 1, FALSE, FALSE);
    make_jpeg("cmyk.jpg", SIDE, SIDE, JCS_CMYK, 4, FALSE, FALSE);
    make_jpeg("progressive.jpg", SIDE, SIDE, JCS_RGB, 3, TRUE, FALSE);
    make_jpeg("turned.jpg", 20, 10, JCS_RGB, 3, FALSE, TRUE);
    make_jpeg("one.jpg", 1, 1, JCS_RGB, 3, FALSE, FALSE);
    make_png("named.jpg", SIDE, SIDE, 8, PNG_COLOR_TYPE_RGB);
    make_png("one.png", 1, 1, 8, PNG_COLOR_TYPE_RGB);
    make_png("gray.png", SIDE, SIDE, 8, PNG_COLOR_TYPE_GRAY);
    make_png("alpha.png", SIDE, SIDE, 8, PNG_COLOR_TYPE_GRAY_ALPHA);
    make_png("deep.png", SIDE, SIDE, 16, PNG_COLOR_TYPE_RGB);
    make_png("palette.png", SIDE, SIDE, 2, PNG_COLOR_TYPE_PALETTE);
    make_png("huge.png", HUGE_SIDE, HUGE_SIDE, 1, PNG_COLOR_TYPE_GRAY);
    enlarge_jpeg("jpeg.png", "huge.jpg");
    cut("jpeg.png", "cut.jpg");
    cut("named.jpg", "cut.png");
    return 0;
}
