/* What Linux's control groups (those of containers, of systemd) allow this process. */
#ifndef MOTE_BASE_CGROUP_H
#define MOTE_BASE_CGROUP_H

#include <stddef.h>

/* The least limit of memory among the process's groups and those above them, version 1 or 2; SIZE_MAX: none. root: ""
 * for this machine, else a folder with a proc and a sys below it. */
size_t mote_cgroup_memory_bytes(const char *root);

#endif
