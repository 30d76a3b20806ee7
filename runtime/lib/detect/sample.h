/* sample.h - bilinear samples of a picture's bytes, normalised: what scaling a picture and warping a region share. */
#ifndef CNNC_DETECT_SAMPLE_H
#define CNNC_DETECT_SAMPLE_H

#include "detect.h"

#define CNNC_SAMPLES 64

/* Samples along an axis: weights of the pixels `index` and `index` + 1. A pixel outside has no weight, and `index` is always inside. */
typedef struct {
  int32_t count, index[CNNC_SAMPLES];
  float low[CNNC_SAMPLES], high[CNNC_SAMPLES];
} cnnc_samples;

/* One row of samples: columns x at the row that sample `row` of y lies on. Missing weight counts as the mean. Writes 3 channels of x.count
 * cells from `cells` on, in the layout. The picture is not empty. */
void cnnc_sample_row(const cnnc_picture *picture, const cnnc_normalization *normalization, const cnnc_samples *y, int32_t row, const cnnc_samples *x,
                     const cnnc_layout *layout, float *cells);

#endif /* CNNC_DETECT_SAMPLE_H */
