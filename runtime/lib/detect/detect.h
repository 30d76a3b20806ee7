/* detect.h - the data-dependent steps of a detector, over caller-owned memory: no allocation, no globals, any values.
 *
 * Boxes are x1, y1, x2, y2. Every order is total: by score, larger first, then by index, smaller first; NaN scores come last. */
#ifndef CNNC_DETECT_H
#define CNNC_DETECT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of scratch that cnnc_top_k needs for n scores. */
size_t cnnc_top_k_scratch(int32_t n);

/* Indices of the k first of n scores in order; returns min(k, n). `scratch` is aligned to 64 bytes.
 * Source: torch.topk(sorted = True), whose order among equal scores is unspecified; ours is by index. */
int32_t cnnc_top_k(const float *scores, int32_t n, int32_t k, int32_t *indices, void *scratch);

/* Bytes of scratch that cnnc_nms needs for n boxes. */
size_t cnnc_nms_scratch(int32_t n);

/* Greedy non-maximum suppression. Visits the boxes order[0..n) and keeps one unless a kept box of the same group covers it with
 * IoU > threshold; stops after `cap` are kept. Writes the kept boxes' numbers (values of `order`) and returns their count. `groups`
 * (class or level of each box) may be NULL: all boxes are of one. `scratch` is aligned to 64 bytes.
 * IoU is inter / (area + area - inter), each step rounded to f32, as torchvision.ops.nms has it; 0 / 0 suppresses nothing. */
int32_t cnnc_nms(const float *boxes, const int32_t *groups, const int32_t *order, int32_t n, double threshold, int32_t cap, int32_t *kept, void *scratch);

/* A feature map in blocks of 16 channels: cell (block, y, x) begins at data + block * plane + y * row + x * 16, in floats. */
typedef struct {
  const float *data;
  int64_t plane, row;
  int32_t height, width, blocks;
  float scale; /* of image coordinates to this map's */
} cnnc_feature_map;

typedef struct {
  int32_t rows, columns;  /* bins of a region */
  int32_t sampling_ratio; /* samples along each axis of a bin; 0: ceil(extent / bins), adaptive */
  int32_t aligned;        /* 1: regions are shifted by half a cell and may be smaller than one */
} cnnc_roi_align_options;

/* Average of bilinear samples in each bin of one region. `result` is [blocks, rows, columns, 16]. Samples beyond one cell outside the map
 * are 0. Source: torchvision.ops.roi_align (He et al. 2017, Mask R-CNN). */
void cnnc_roi_align(const cnnc_feature_map *map, const float region[4], const cnnc_roi_align_options *options, float *result);

#endif /* CNNC_DETECT_H */
