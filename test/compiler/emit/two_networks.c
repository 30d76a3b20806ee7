/* two_networks.c - a C99 program that links two libraries by their typed headers; exits 0 when each computes its own network. */
#include "second.h"
#include "tiny.h"

/* Pixel 0 of an image of ones, bottom right corner of channel 1: four cells of the box, doubled, plus the bias. */
static int check(float got, float factor) { return got == 2.0f * 4.0f * factor + 0.5f; }

int main(void) {
  static float image[TINY_MAX_BATCH * TINY_IMAGE_ELEMENTS], y[TINY_MAX_BATCH * TINY_Y_ELEMENTS];
  cnnc_model *tiny = NULL, *second = NULL;
  for (int i = 0; i < TINY_MAX_BATCH * TINY_IMAGE_ELEMENTS; ++i)
    image[i] = 1.0f;
  if (tiny_create(1, &tiny, NULL) || second_create(1, &second, NULL))
    return 1;
  if (tiny_run(tiny, image, y) || !check(y[0], 3.0f))
    return 2;
  if (second_run(second, image, y) || !check(y[0], 7.0f))
    return 3;
  if (second_run_batch(second, 2, image, y, NULL, NULL) || !check(y[SECOND_Y_ELEMENTS], 7.0f))
    return 4;
  if (tiny_run_batch(tiny, 3, image, y, NULL, NULL) != CNNC_ERROR_SHAPE)
    return 5;
  tiny_destroy(tiny);
  second_destroy(second);
  return 0;
}
