/* affinity.c - how many CPUs this process may use. */
#include "internal.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_CPUS 8192
#define PATH_CAPACITY 1024

/* Reads a small text file whole, without stdio's buffers. */
static int read_text(const char *path, char *text, size_t capacity) {
  ssize_t length;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  length = read(file, text, capacity - 1);
  close(file);
  if (length <= 0)
    return 0;
  text[length] = '\0';
  return 1;
}

/* A non-negative decimal number at *text, advanced past it and the blanks after it; -1 for anything else. */
static int64_t read_number(const char **text) {
  int64_t value = 0;
  const char *start = *text;
  while (**text >= '0' && **text <= '9' && value < INT64_MAX / 16)
    value = value * 10 + (*(*text)++ - '0');
  if (*text == start)
    return -1;
  while (**text == ' ' || **text == '\n')
    ++*text;
  return value;
}

static int64_t quota_v2(const char *folder) {
  char path[PATH_CAPACITY + 32], text[64];
  const char *cursor = text;
  int64_t quota, period;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (!read_text(path, text, sizeof text))
    return 0;
  quota = read_number(&cursor);
  period = read_number(&cursor);
  return quota > 0 && period > 0 ? (quota + period - 1) / period : 0;
}

static int64_t quota_v1(const char *folder) {
  char path[PATH_CAPACITY + 32], text[64];
  const char *cursor = text;
  int64_t quota, period;
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!read_text(path, text, sizeof text))
    return 0;
  quota = read_number(&cursor);
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!read_text(path, text, sizeof text))
    return 0;
  cursor = text;
  period = read_number(&cursor);
  return quota > 0 && period > 0 ? (quota + period - 1) / period : 0;
}

/* The smallest quota from `group` up to the mount point; 0: none. */
static int64_t smallest_quota(const char *mount, const char *group, int64_t (*quota)(const char *folder)) {
  char folder[PATH_CAPACITY];
  size_t root = strlen(mount);
  int64_t smallest = 0;
  if (root + strlen(group) + 1 > sizeof folder)
    return 0;
  strcpy(folder, mount);
  strcat(folder, group);
  for (;;) {
    int64_t cpus = quota(folder);
    char *slash;
    if (cpus > 0 && (smallest == 0 || cpus < smallest))
      smallest = cpus;
    if (strlen(folder) <= root)
      return smallest;
    slash = strrchr(folder, '/');
    *slash = '\0';
  }
}

/* Whether a cgroup v1 controller list such as "cpu,cpuacct" holds "cpu". */
static int lists_cpu(const char *list) {
  for (;;) {
    size_t length = strcspn(list, ",");
    if (length == 3 && memcmp(list, "cpu", 3) == 0)
      return 1;
    if (list[length] == '\0')
      return 0;
    list += length + 1;
  }
}

int64_t cnnc_cgroup_cpus(const char *list, const char *v2_mount, const char *v1_mount) {
  char text[4096], *line = text;
  int64_t smallest = 0;
  if (!read_text(list, text, sizeof text))
    return 0;
  while (line && *line) { /* hierarchy:controllers:path */
    char *end = strchr(line, '\n'), *controllers, *group;
    int64_t cpus = 0;
    if (end)
      *end = '\0';
    controllers = strchr(line, ':');
    group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (group) {
      *group++ = '\0';
      ++controllers;
      if (*controllers == '\0')
        cpus = smallest_quota(v2_mount, group, quota_v2);
      else if (lists_cpu(controllers))
        cpus = smallest_quota(v1_mount, group, quota_v1);
    }
    if (cpus > 0 && (smallest == 0 || cpus < smallest))
      smallest = cpus;
    line = end ? end + 1 : NULL;
  }
  return smallest;
}

int32_t cnnc_usable_cpus(void) {
  unsigned long mask[MAX_CPUS / (8 * sizeof(unsigned long))];
  int64_t cpus = 0, quota;
  memset(mask, 0, sizeof mask);
  if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) == 0)
    for (size_t i = 0; i < sizeof mask / sizeof mask[0]; ++i)
      cpus += __builtin_popcountl(mask[i]);
  if (cpus < 1)
    cpus = sysconf(_SC_NPROCESSORS_ONLN);
  quota = cnnc_cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup", "/sys/fs/cgroup/cpu");
  if (quota > 0 && quota < cpus)
    cpus = quota;
  if (cpus < 1)
    cpus = 1;
  return (int32_t)(cpus < CNNC_MAX_THREADS ? cpus : CNNC_MAX_THREADS);
}
