/* nms.c - greedy suppression by tiles: a tile's survivors are found one by one, then swept over all later boxes sixteen at a time.
 *
 * Division is slow and rarely needed: a product that leaves a margin for rounding tells which lanes may pass the threshold at all. */
#include "detect.h"
#include "vector.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#define TILE 64

/* Boxes in visiting order, a coordinate an array, padded to whole vectors. */
typedef struct {
  float *x1, *y1, *x2, *y2, *area;
  int32_t *group, *dead;
} columns;

static size_t padded_count(int32_t n) { return ((size_t)n + CNNC_LANES - 1) / CNNC_LANES * CNNC_LANES; }

size_t cnnc_nms_scratch(int32_t n) { return 7 * padded_count(n) * sizeof(float); }

static columns gather(const float *boxes, const int32_t *groups, const int32_t *order, int32_t n, void *scratch) {
  const size_t length = padded_count(n);
  float *base = scratch;
  columns c = {base, base + length, base + 2 * length, base + 3 * length, base + 4 * length, (int32_t *)base + 5 * length, (int32_t *)base + 6 * length};
  for (size_t i = 0; i < length; ++i) {
    static const float nowhere[4] = {0, 0, 0, 0};
    const float *box = i < (size_t)n ? boxes + 4 * (size_t)order[i] : nowhere;
    c.x1[i] = box[0], c.y1[i] = box[1], c.x2[i] = box[2], c.y2[i] = box[3];
    c.area[i] = (box[2] - box[0]) * (box[3] - box[1]);
    c.group[i] = groups && i < (size_t)n ? groups[order[i]] : 0;
    c.dead[i] = i < (size_t)n ? 0 : -1;
  }
  return c;
}

/* Sixteen boxes. */
typedef struct {
  cnnc_f32x16 x1, y1, x2, y2, area;
  cnnc_i32x16 group;
} boxes16;

/* IoU above `exact` suppresses; inter >= below * joint, false, tells that no lane's is. */
typedef struct {
  float exact, below;
} limits;

/* The largest f32 that is not above the threshold stands for it: no f32 lies between. */
static limits limits_of(double threshold) {
  limits result = {(float)threshold, (float)(threshold - (threshold < 0 ? -threshold : threshold) * 1e-5)};
  if ((double)result.exact > threshold)
    result.exact = nextafterf(result.exact, -INFINITY);
  return result;
}

static inline boxes16 load_boxes(const columns *c, size_t at) {
  const boxes16 result = {cnnc_load(c->x1 + at), cnnc_load(c->y1 + at),   cnnc_load(c->x2 + at),
                          cnnc_load(c->y2 + at), cnnc_load(c->area + at), cnnc_load_i32(c->group + at)};
  return result;
}

/* Lanes that box i suppresses. */
static inline cnnc_i32x16 suppressed(const columns *c, size_t i, const boxes16 *b, limits limit) {
  const cnnc_f32x16 zero = 0.0f;
  const cnnc_f32x16 width = cnnc_max(cnnc_min(b->x2, (cnnc_f32x16)c->x2[i]) - cnnc_max(b->x1, (cnnc_f32x16)c->x1[i]), zero);
  const cnnc_f32x16 height = cnnc_max(cnnc_min(b->y2, (cnnc_f32x16)c->y2[i]) - cnnc_max(b->y1, (cnnc_f32x16)c->y1[i]), zero);
  const cnnc_f32x16 inter = width * height, sum = (cnnc_f32x16)c->area[i] + b->area, joint = sum - inter;
  cnnc_i32x16 result = (inter >= (cnnc_f32x16)limit.below * joint) & (b->group == (cnnc_i32x16)c->group[i]);
  if (__builtin_expect(cnnc_any(result), 0))
    result &= inter / joint > (cnnc_f32x16)limit.exact;
  return result;
}

int32_t cnnc_nms(const float *boxes, const int32_t *groups, const int32_t *order, int32_t n, double threshold, int32_t cap, int32_t *kept, void *scratch) {
  const columns c = gather(boxes, groups, order, n, scratch);
  const limits limit = limits_of(threshold);
  const size_t length = padded_count(n);
  int32_t count = 0;
  for (size_t tile = 0; tile < (size_t)n && count < cap; tile += TILE) {
    const size_t end = tile + TILE < (size_t)n ? tile + TILE : (size_t)n;
    size_t survivors[TILE], number = 0;
    for (size_t i = tile; i < end && count < cap; ++i) {
      if (c.dead[i])
        continue;
      kept[count++] = order[i];
      survivors[number++] = i;
      for (size_t at = i / CNNC_LANES * CNNC_LANES; at < end; at += CNNC_LANES) {
        const boxes16 b = load_boxes(&c, at);
        const cnnc_i32x16 dead = cnnc_load_i32(c.dead + at) | suppressed(&c, i, &b, limit);
        memcpy(c.dead + at, &dead, sizeof dead);
      }
    }
    if (count == cap)
      break;
    for (size_t at = tile + TILE; at < length; at += CNNC_LANES) {
      const boxes16 b = load_boxes(&c, at);
      cnnc_i32x16 dead = cnnc_load_i32(c.dead + at);
      for (size_t k = 0; k < number; ++k)
        dead |= suppressed(&c, survivors[k], &b, limit);
      memcpy(c.dead + at, &dead, sizeof dead);
    }
  }
  return count;
}
