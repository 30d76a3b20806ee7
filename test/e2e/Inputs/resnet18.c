/* What a user writes: one header, two calls. Compares the sample input's result with the sample output, bit for bit. */
#include "resnet18.h"

#include "npy.h"

int main(int argc, char **argv) {
  cnnc_model *model = NULL;
  float *image, *expected, *logits = malloc(RESNET18_LOGITS_ELEMENTS * sizeof(float));
  int i, best = 0;
  if (argc != 3)
    return 2;
  image = read_npy(argv[1], RESNET18_IMAGE_ELEMENTS);
  expected = read_npy(argv[2], RESNET18_LOGITS_ELEMENTS);
  if (!logits || resnet18_create(0, &model, NULL) != CNNC_OK || resnet18_run(model, image, logits) != CNNC_OK)
    return 1;
  resnet18_destroy(model);
  for (i = 1; i < RESNET18_LOGITS_ELEMENTS; ++i)
    best = logits[i] > logits[best] ? i : best;
  printf("class %d, %s\n", best, memcmp(logits, expected, RESNET18_LOGITS_ELEMENTS * sizeof(float)) == 0 ? "as expected" : "NOT as expected");
  free(image);
  free(expected);
  free(logits);
  return 0;
}
