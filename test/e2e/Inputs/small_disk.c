/* Preloaded: a disk with SMALL_DISK bytes left. A write beyond them to a file below the folder SMALL_DISK_FOLDER fails with ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t write(int file, const void *data, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  static long left = -1;
  const char *folder = getenv("SMALL_DISK_FOLDER"), *bytes = getenv("SMALL_DISK");
  char link[64], path[4096];
  ssize_t length;
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "write");
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink(link, path, sizeof path - 1);
  if (!folder || !bytes || length < (ssize_t)strlen(folder) || memcmp(path, folder, strlen(folder)) != 0)
    return real(file, data, size);
  if (left < 0)
    left = atol(bytes);
  if ((long)size > left) {
    errno = ENOSPC;
    return -1;
  }
  left -= (long)size;
  return real(file, data, size);
}
