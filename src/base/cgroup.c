#include "base/cgroup.h"

#include <mote/alloc.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* "max", or a number of bytes; SIZE_MAX too where there is no such file. */
static size_t read_limit(const char *folder, const char *name)
{
    char path[PATH_BYTES + 64], text[32] = "";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return SIZE_MAX;
    const size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    char *end = text;
    errno = 0;
    const unsigned long long value = n ? strtoull(text, &end, 10) : 0;
    return end == text || errno || value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

/* The least limit in mount/group and above it. A container is mostly shown its own group as the mount itself, whatever
 * the group is called outside. */
static size_t least_limit(const char *mount, const char *group, const char *name)
{
    char folder[PATH_BYTES];
    size_t least = SIZE_MAX;
    if (snprintf(folder, sizeof folder, "%s%s", mount, group) >= (int)sizeof folder)
        return SIZE_MAX;
    for (char *end = folder + strlen(folder);; end = strrchr(folder, '/')) {
        *end = '\0';
        const size_t limit = read_limit(folder, name);
        least = limit < least ? limit : least;
        if (end <= folder + strlen(mount))
            return least;
    }
}

size_t mote_cgroup_memory_bytes(const char *root)
{
    char path[PATH_BYTES], line[PATH_BYTES], v1[PATH_BYTES], v2[PATH_BYTES];
    snprintf(v1, sizeof v1, "%s/sys/fs/cgroup/memory", root);
    snprintf(v2, sizeof v2, "%s/sys/fs/cgroup", root);
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    size_t least = SIZE_MAX;
    FILE *groups = fopen(path, "re");
    while (groups && fgets(line, sizeof line, groups)) {
        line[strcspn(line, "\n")] = '\0'; /* "0::/a/b" of version 2, "4:memory:/a/b" of version 1 */
        const char *group = strchr(line, '/');
        const size_t limit = !group                         ? SIZE_MAX
                             : strncmp(line, "0::", 3) == 0 ? least_limit(v2, group, "memory.max")
                             : strstr(line, ":memory:")     ? least_limit(v1, group, "memory.limit_in_bytes")
                                                            : SIZE_MAX;
        least = limit < least ? limit : least;
    }
    if (groups)
        fclose(groups);
    return least;
}

size_t mote_memory_bytes(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    const size_t machine = pages > 0 && page_bytes > 0 ? (size_t)pages * (size_t)page_bytes : SIZE_MAX;
    const size_t group = mote_cgroup_memory_bytes("");
    const size_t least = group < machine ? group : machine;
    return least == SIZE_MAX ? 0 : least;
}
