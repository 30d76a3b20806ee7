/* affinity.c - which CPUs this process may use, and how many threads they are good for.
 * Sources: the kernel's admin-guide/cgroup-v2 (cpu.max), scheduler/sched-bwc (cpu.cfs_quota_us, cpu.cfs_period_us), ABI/stable/sysfs-devices-node
 * (cpulist), ABI/stable/sysfs-devices-system-cpu (thread_siblings_list). What such a file cannot say is taken for no limit. */
#include "internal.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_CAPACITY 1024
#define LIST_CAPACITY 4096
#define MAX_NODES 1024
#define WORD_BITS (8 * (int32_t)sizeof(unsigned long))

/* Reads a small text file, without stdio's buffers; how many bytes, 0 when it cannot be read. The end of a larger file is cut off. */
static size_t read_text(const char *path, char *text, size_t capacity) {
  ssize_t length;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  length = read(file, text, capacity - 1);
  close(file);
  if (length <= 0)
    return 0;
  text[length] = '\0';
  return (size_t)length;
}

/* A non-negative decimal number at *text, advanced past it; -1 for anything else. Numbers past 2^56 are cut. */
static int64_t read_digits(const char **text) {
  int64_t value = 0;
  const char *start = *text;
  for (; **text >= '0' && **text <= '9'; ++*text)
    if (value < (int64_t)1 << 52)
      value = value * 10 + (**text - '0');
  return *text == start ? -1 : value;
}

/* The same, past the blanks after it. */
static int64_t read_number(const char **text) {
  const int64_t value = read_digits(text);
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

int64_t cnnc_cgroup_cpus(const char *root) {
  char text[LIST_CAPACITY], path[PATH_CAPACITY], v2_mount[PATH_CAPACITY], v1_mount[PATH_CAPACITY], *line = text;
  int64_t smallest = 0;
  if (strlen(root) > PATH_CAPACITY / 2)
    return 0;
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  snprintf(v2_mount, sizeof v2_mount, "%s/sys/fs/cgroup", root);
  snprintf(v1_mount, sizeof v1_mount, "%s/sys/fs/cgroup/cpu", root);
  if (!read_text(path, text, sizeof text))
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

static int has_cpu(const cnnc_cpu_set *set, int64_t cpu) { return cpu >= 0 && cpu < CNNC_MAX_CPUS && (set->words[cpu / WORD_BITS] >> cpu % WORD_BITS & 1); }

static int32_t count_cpus(const cnnc_cpu_set *set) {
  int32_t count = 0;
  for (size_t i = 0; i < sizeof set->words / sizeof set->words[0]; ++i)
    count += __builtin_popcountl(set->words[i]);
  return count;
}

/* Reads a list such as "0-3,8" from a file; 0 when there is none, or it is something else. */
static int read_list(const char *path, cnnc_cpu_set *set) {
  char text[LIST_CAPACITY];
  const char *cursor = text;
  const size_t length = read_text(path, text, sizeof text);
  memset(set, 0, sizeof *set);
  if (length == 0 || length == sizeof text - 1) /* may be cut */
    return 0;
  while (*cursor != '\n' && *cursor != '\0') {
    int64_t first = read_digits(&cursor), last = first;
    if (first >= 0 && *cursor == '-') {
      ++cursor;
      last = read_digits(&cursor);
    }
    if (first < 0 || last < first || last >= CNNC_MAX_CPUS)
      return 0;
    for (; first <= last; ++first)
      set->words[first / WORD_BITS] |= 1ul << first % WORD_BITS;
    if (*cursor == ',')
      ++cursor;
    else if (*cursor != '\n' && *cursor != '\0')
      return 0;
  }
  return 1;
}

/* Those of `cpus` on the node that has `cpu`; 0 when no node is known to have it. */
static int find_node(const char *root, int32_t cpu, const cnnc_cpu_set *cpus, cnnc_cpu_set *node) {
  char path[PATH_CAPACITY];
  cnnc_cpu_set nodes;
  snprintf(path, sizeof path, "%s/sys/devices/system/node/online", root);
  if (!read_list(path, &nodes))
    return 0;
  for (int32_t n = 0; n < MAX_NODES; ++n) {
    if (!has_cpu(&nodes, n))
      continue;
    snprintf(path, sizeof path, "%s/sys/devices/system/node/node%d/cpulist", root, (int)n);
    if (!read_list(path, node) || !has_cpu(node, cpu))
      continue;
    for (size_t i = 0; i < sizeof node->words / sizeof node->words[0]; ++i)
      node->words[i] &= cpus->words[i];
    return count_cpus(node) > 0;
  }
  return 0;
}

/* CPUs of a core count once. */
static int32_t count_cores(const char *root, const cnnc_cpu_set *cpus) {
  int32_t cores = 0;
  for (int32_t cpu = 0; cpu < CNNC_MAX_CPUS; ++cpu) {
    char path[PATH_CAPACITY];
    cnnc_cpu_set siblings;
    int32_t first = cpu;
    if (!has_cpu(cpus, cpu))
      continue;
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", root, (int)cpu);
    if (read_list(path, &siblings) && has_cpu(&siblings, cpu))
      for (first = 0; !(has_cpu(&siblings, first) && has_cpu(cpus, first)); ++first) {
      }
    cores += first == cpu;
  }
  return cores;
}

static int32_t within(int64_t threads, int64_t quota) {
  if (quota > 0 && quota < threads)
    threads = quota;
  if (threads < 1)
    threads = 1;
  return (int32_t)(threads < CNNC_MAX_THREADS ? threads : CNNC_MAX_THREADS);
}

int32_t cnnc_default_threads(const char *root, int32_t cpu, cnnc_cpu_set *cpus) {
  cnnc_cpu_set node;
  if (strlen(root) > PATH_CAPACITY / 2)
    return 1;
  if (find_node(root, cpu, cpus, &node))
    *cpus = node;
  return within(count_cores(root, cpus), cnnc_cgroup_cpus(root));
}

int32_t cnnc_affinity(cnnc_cpu_set *cpus) {
  memset(cpus, 0, sizeof *cpus);
  if (sched_getaffinity(0, sizeof cpus->words, (cpu_set_t *)cpus->words) != 0)
    return 0;
  return count_cpus(cpus);
}

int32_t cnnc_usable_cpus(void) {
  cnnc_cpu_set cpus;
  const int32_t count = cnnc_affinity(&cpus);
  return within(count > 0 ? count : sysconf(_SC_NPROCESSORS_ONLN), cnnc_cgroup_cpus(""));
}
