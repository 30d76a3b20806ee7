/* Reads a .npy file, version 1, of little-endian f32 in row-major order. */
#ifndef NPY_H
#define NPY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values; `count` is how many there must be. Exits with status 3 when the file is another. */
static inline float *read_npy(const char *path, size_t count) {
  unsigned char head[10];
  FILE *file = fopen(path, "rb");
  float *values = (float *)malloc(count * sizeof(float));
  if (!file || !values || fread(head, 1, 10, file) != 10 || memcmp(head, "\x93NUMPY\x01", 7) != 0 || fseek(file, 10 + head[8] + 256 * head[9], SEEK_SET) != 0 ||
      fread(values, sizeof(float), count, file) != count || fgetc(file) != EOF) {
    fprintf(stderr, "%s: no .npy of %lu floats\n", path, (unsigned long)count);
    exit(3);
  }
  fclose(file);
  return values;
}

#endif
