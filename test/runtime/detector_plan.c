/* detector_plan.c - a detector written by hand as the compiler would emit it: it finds the red, green and blue areas of a picture.
 *
 * Input image: u8 [1, 48, 64, 3], RGB. Outputs: boxes f32 [5, 4], scores f32 [5], labels i32 [5], count i32 [1], and with DETECTOR_MASKS
 * masks f32 [5, 28, 28]. A channel above 127 alone is an area; red is label 1 with score 0.9, green 2 with 0.8, blue 3 with 0.7; the
 * box bounds the area, and the mask fills the box. Rows past count are zeros. */
#include "test/runtime/plan_library.h"

#include <string.h>

enum { H = 48, W = 64, CAP = 5, CELLS = 28 * 28 };

static void *host(void *buffer) { return ((cnnc_halide_buffer *)buffer)->host; }

static int detect(void **args) {
  const uint8_t *image = host(args[1]);
  float *boxes = host(args[2]), *scores = host(args[3]);
  int32_t *labels = host(args[4]), *count = host(args[5]);
  memset(boxes, 0, CAP * 4 * sizeof *boxes);
  memset(scores, 0, CAP * sizeof *scores);
  memset(labels, 0, CAP * sizeof *labels);
#ifdef DETECTOR_MASKS
  float *masks = host(args[6]);
  memset(masks, 0, CAP * CELLS * sizeof *masks);
#endif
  *count = 0;
  for (int c = 0; c < 3; ++c) {
    int left = W, top = H, right = 0, bottom = 0;
    for (int y = 0; y < H; ++y)
      for (int x = 0; x < W; ++x) {
        const uint8_t *pixel = image + (y * W + x) * 3;
        if (pixel[c] <= 127 || pixel[(c + 1) % 3] > 127 || pixel[(c + 2) % 3] > 127)
          continue;
        left = x < left ? x : left;
        top = y < top ? y : top;
        right = x + 1 > right ? x + 1 : right;
        bottom = y + 1;
      }
    if (!right)
      continue;
    const float box[4] = {(float)left, (float)top, (float)right, (float)bottom};
    memcpy(boxes + 4 * *count, box, sizeof box);
    scores[*count] = (float)(9 - c) / 10;
    labels[*count] = c + 1;
#ifdef DETECTOR_MASKS
    for (int i = 0; i < CELLS; ++i)
      masks[*count * CELLS + i] = 1;
#endif
    ++*count;
  }
  return 0;
}

static const int64_t image_shape[] = {1, H, W, 3}, boxes_shape[] = {CAP, 4}, row_shape[] = {CAP}, one_shape[] = {1};
static const int32_t no_halo[4] = {0, 0, 0, 0};
#ifdef DETECTOR_MASKS
static const int64_t masks_shape[] = {CAP, 28, 28};
#define MASKS_INFO , {sizeof(cnnc_tensor_info), "masks", F32, 3, masks_shape, masks_shape, ""}
#define MASKS_ARG                                                                                                                                              \
  , { CNNC_SPACE_OUTPUT, 4, 0, 0, 3, F32, masks_shape, 0 }
enum { OUTPUTS = 5, MASKS_BYTES = CAP * CELLS * 4 };
#else
#define MASKS_INFO
#define MASKS_ARG
enum { OUTPUTS = 4, MASKS_BYTES = 0 };
#endif
/* Staged copies: the image, the boxes, and three small rows, each rounded up to 64 bytes. */
enum { WORKSPACE = H * W * 3 + 128 + 3 * 64 + (MASKS_BYTES + 63) / 64 * 64 };

static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "image", U8, 4, image_shape, image_shape, "NHWC"}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "boxes", F32, 2, boxes_shape, boxes_shape, ""},
                                           {sizeof(cnnc_tensor_info), "scores", F32, 1, row_shape, row_shape, ""},
                                           {sizeof(cnnc_tensor_info), "labels", I32, 1, row_shape, row_shape, ""},
                                           {sizeof(cnnc_tensor_info), "count", I32, 1, one_shape, one_shape, ""} MASKS_INFO};
static const uint8_t input_batched[] = {0}, output_batched[] = {0, 0, 0, 0, 0};
static const cnnc_arg args[] = {{CNNC_SPACE_INPUT, 0, 0, 0, 4, U8, image_shape, 0},
                                {CNNC_SPACE_OUTPUT, 0, 0, 0, 2, F32, boxes_shape, 0},
                                {CNNC_SPACE_OUTPUT, 1, 0, 0, 1, F32, row_shape, 0},
                                {CNNC_SPACE_OUTPUT, 2, 0, 0, 1, I32, row_shape, 0},
                                {CNNC_SPACE_OUTPUT, 3, 0, 0, 1, I32, one_shape, 0} MASKS_ARG};
static const cnnc_launch launches[] = {{detect, "detect", "toy_detect", OUTPUTS + 1, 1, args, NULL, 0, NULL, 0, 1, 0, one_shape, no_halo}};

const cnnc_plan cnnc_plan_data = {
    CNNC_PLAN_VERSION,
    {sizeof(cnnc_info), CNNC_ABI_VERSION, TEXT(TOY_NAME), "toy-cpu", "0", "00", "", 1, OUTPUTS, inputs, outputs, 0, WORKSPACE, 0, 1, "{}"},
    0,
    NULL,
    0,
    0,
    0,
    0,
    1,
    launches,
    1,
    1,
    0,
    0,
    NULL,
    input_batched,
    output_batched,
    NULL};
