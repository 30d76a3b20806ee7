/* demo.c - names what a picture shows: ./demo PICTURE.png LABELS.txt
 *
 * A plain C99 program: it includes the header that cnnc wrote, links the library that cnnc wrote, and needs nothing else of cnnc.
 * The network takes the bytes of the picture as they are; resizing, cropping and normalising are a part of it. */
#define _POSIX_C_SOURCE 199309L
#include "efficientnet_lite0_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

enum { CLASSES = EFFICIENTNET_LITE0_PICTURE_LOGITS_ELEMENTS, TOP = 5, RUNS = 31, LABEL_BYTES = 64 };

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void softmax(float *values, int count) {
  float largest = values[0], sum = 0;
  for (int i = 1; i < count; ++i)
    largest = values[i] > largest ? values[i] : largest;
  for (int i = 0; i < count; ++i)
    sum += values[i] = expf(values[i] - largest);
  for (int i = 0; i < count; ++i)
    values[i] /= sum;
}

/* One label a line; lines beyond CLASSES and bytes beyond LABEL_BYTES are dropped. Returns how many were read, -1 without a file. */
static int read_labels(const char *path, char labels[][LABEL_BYTES]) {
  char line[512];
  int count = 0;
  FILE *file = fopen(path, "r");
  if (!file)
    return -1;
  for (; count < CLASSES && fgets(line, sizeof line, file); ++count) {
    line[strcspn(line, "\r\n")] = 0;
    snprintf(labels[count], LABEL_BYTES, "%.*s", LABEL_BYTES - 1, line);
  }
  fclose(file);
  return count;
}

/* Runs the network RUNS times. Fills `logits` and the median time; returns a cnnc_status. */
static int classify(const unsigned char *pixels, float *logits, double *median_ms, cnnc_error *error) {
  double times[RUNS] = {0};
  cnnc_model *model = NULL;
  int status = efficientnet_lite0_picture_create(0, &model, error);
  for (int i = 0; i < RUNS && status == CNNC_OK; ++i) {
    double start = now_ms();
    status = efficientnet_lite0_picture_run_batch(model, 1, pixels, logits, NULL, error);
    times[i] = now_ms() - start;
  }
  efficientnet_lite0_picture_destroy(model);
  qsort(times, RUNS, sizeof times[0], ascending);
  *median_ms = times[RUNS / 2];
  return status;
}

int main(int argc, char **argv) {
  static float probabilities[CLASSES];
  static char labels[CLASSES][LABEL_BYTES];
  cnnc_error error = {.struct_size = sizeof error};
  int width, height, channels, known;
  double median_ms;
  if (argc != 3)
    return fprintf(stderr, "usage: demo PICTURE.png LABELS.txt\n"), 2;

  unsigned char *pixels = stbi_load(argv[1], &width, &height, &channels, 3);
  if (!pixels)
    return fprintf(stderr, "demo: %s: %s\n", argv[1], stbi_failure_reason()), 1;
  const int64_t *shape = efficientnet_lite0_picture_cnnc_query(CNNC_ABI_VERSION)->info->inputs[0].max_shape;
  if (height != shape[1] || width != shape[2])
    return fprintf(stderr, "demo: %s is %d x %d, the library was compiled for %d x %d\n", argv[1], width, height, (int)shape[2], (int)shape[1]), 1;
  known = read_labels(argv[2], labels);
  if (known < 0)
    return fprintf(stderr, "demo: cannot read %s\n", argv[2]), 1;

  int status = classify(pixels, probabilities, &median_ms, &error);
  stbi_image_free(pixels);
  if (status != CNNC_OK)
    return fprintf(stderr, "demo: %s\n", error.message), 1;

  softmax(probabilities, CLASSES);
  printf("class  probability  label\n");
  for (int rank = 0; rank < TOP; ++rank) {
    int best = 0;
    for (int i = 1; i < CLASSES; ++i)
      best = probabilities[i] > probabilities[best] ? i : best;
    printf("%5d  %11.3f  %s\n", best, probabilities[best], best < known ? labels[best] : "");
    probabilities[best] = -1;
  }
  printf("%.2f ms a run (median of %d), picture to logits\n", median_ms, RUNS);
  return 0;
}
