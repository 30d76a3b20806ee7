/* detect.c - finds things in a picture: ./detect PICTURE.png [THRESHOLD]
 *
 * A plain C99 program: it includes the header that cnnc wrote for maskrcnn_resnet50_fpn, links the library that cnnc wrote, and needs nothing
 * else of cnnc. The network takes the bytes of a picture of any size; scaling, proposals and suppression are a part of it. */
#include "maskrcnn_resnet50_fpn.h"

#include <stdio.h>
#include <stdlib.h>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

enum { MOST = MASKRCNN_RESNET50_FPN_SCORES_ELEMENTS, CELLS = MASKRCNN_RESNET50_FPN_MASKS_ELEMENTS / MOST };

/* Share of a box that its mask covers. */
static double covered(const float *mask) {
  int cells = 0;
  for (int i = 0; i < CELLS; ++i)
    cells += mask[i] > 0.5f;
  return (double)cells / CELLS;
}

int main(int argc, char **argv) {
  static float boxes[MOST][4], scores[MOST], masks[MOST][CELLS];
  static int32_t labels[MOST], count;
  cnnc_error error = {.struct_size = sizeof error};
  cnnc_model *model = NULL;
  int width, height, channels, status;
  if (argc < 2 || argc > 3)
    return fprintf(stderr, "usage: detect PICTURE.png [THRESHOLD]\n"), 2;
  const double threshold = argc == 3 ? atof(argv[2]) : 0.5;
  unsigned char *pixels = stbi_load(argv[1], &width, &height, &channels, 3);
  if (!pixels)
    return fprintf(stderr, "detect: %s: %s\n", argv[1], stbi_failure_reason()), 1;
  status = maskrcnn_resnet50_fpn_create(0, &model, &error);
  if (status == CNNC_OK)
    status = maskrcnn_resnet50_fpn_run_batch(model, 1, pixels, height, width, boxes[0], scores, labels, &count, masks[0], NULL, &error);
  maskrcnn_resnet50_fpn_destroy(model);
  stbi_image_free(pixels);
  if (status != CNNC_OK)
    return fprintf(stderr, "detect: %s\n", error.message), 1;
  printf("label  score      x1      y1      x2      y2  mask\n");
  for (int i = 0; i < count && scores[i] >= threshold; ++i)
    printf("%5d  %5.3f  %6.1f  %6.1f  %6.1f  %6.1f  %3.0f %%\n", (int)labels[i], scores[i], boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3],
           100 * covered(masks[i]));
  return 0;
}
