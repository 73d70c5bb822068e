/*
 * json_get FILE PATH          prints the value at PATH ("models.0.accuracy"; "" is the whole, "a.#" the length of a)
 * json_get FILE PATH VALUE    whether it is VALUE: exit code 0 or 1; numbers to a millionth
 */
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *step(const json_t *at, const char *key)
{
    if (json_is_array(at))
        return json_array_get(at, (size_t)strtoul(key, NULL, 10));
    return json_object_get(at, key);
}

/* A new reference, or NULL. */
static json_t *find(json_t *root, const char *path)
{
    char *copy = strdup(path), *rest = NULL;
    json_t *at = root, *length = NULL;
    for (char *key = copy ? strtok_r(copy, ".", &rest) : NULL; key && at; key = strtok_r(NULL, ".", &rest)) {
        if (strcmp(key, "#") == 0)
            at = length = json_integer((json_int_t)(json_is_array(at) ? json_array_size(at) : json_object_size(at)));
        else
            at = step(at, key);
    }
    free(copy);
    return length ? length : json_incref(at);
}

static bool is(const json_t *value, const char *text)
{
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    if (json_is_number(value))
        return fabs(json_number_value(value) - strtod(text, NULL)) <= 1e-6;
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const bool same = dumped && strcmp(dumped, text) == 0;
    free(dumped);
    return same;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    json_error_t err;
    json_t *root = json_load_file(argv[1], 0, &err), *value = root ? find(root, argv[2]) : NULL;
    int code = 1;
    if (!root)
        fprintf(stderr, "%s: not JSON: line %d: %s\n", argv[1], err.line, err.text);
    else if (!value)
        fprintf(stderr, "%s: nothing at '%s'\n", argv[1], argv[2]);
    else if (argc > 3 && is(value, argv[3]))
        code = 0;
    else if (json_is_string(value))
        puts(json_string_value(value));
    else
        json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (value && argc == 3)
        code = 0;
    else if (value && code)
        printf(" is what is there\n");
    json_decref(value);
    json_decref(root);
    return code;
}
