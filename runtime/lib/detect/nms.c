/* nms.c - greedy suppression by tiles: a tile's survivors are found one by one, then swept over all later boxes sixteen at a time.
 *
 * Division is slow and rarely needed: a product that leaves a margin for rounding tells which lanes may pass the threshold at all. */
#include "detect.h"
#include "vector.h"

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

/* Lanes of the sixteen boxes from `at` on that box i suppresses. */
static inline cnnc_i32x16 suppressed(const columns *c, size_t i, size_t at, double threshold, cnnc_f32x16 lower, cnnc_f32x16 x1, cnnc_f32x16 y1, cnnc_f32x16 x2,
                                     cnnc_f32x16 y2, cnnc_f32x16 area) {
  const cnnc_f32x16 zero = 0.0f;
  const cnnc_f32x16 width = cnnc_max(cnnc_min(x2, (cnnc_f32x16)c->x2[i]) - cnnc_max(x1, (cnnc_f32x16)c->x1[i]), zero);
  const cnnc_f32x16 height = cnnc_max(cnnc_min(y2, (cnnc_f32x16)c->y2[i]) - cnnc_max(y1, (cnnc_f32x16)c->y1[i]), zero);
  const cnnc_f32x16 inter = width * height, joint = (cnnc_f32x16)c->area[i] + area - inter;
  cnnc_i32x16 result = inter > lower * joint;
  if (__builtin_expect(cnnc_any(result), 0)) {
    const cnnc_f32x16 iou = inter / joint;
    const cnnc_i32x16 same = cnnc_load_i32(c->group + at) == (cnnc_i32x16)c->group[i];
    for (int lane = 0; lane < CNNC_LANES; ++lane)
      result[lane] = (double)iou[lane] > threshold ? same[lane] : 0;
  }
  return result;
}

int32_t cnnc_nms(const float *boxes, const int32_t *groups, const int32_t *order, int32_t n, double threshold, int32_t cap, int32_t *kept, void *scratch) {
  const columns c = gather(boxes, groups, order, n, scratch);
  const cnnc_f32x16 lower = (float)(threshold * (1 - 1e-5));
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
        const cnnc_i32x16 mask = suppressed(&c, i, at, threshold, lower, cnnc_load(c.x1 + at), cnnc_load(c.y1 + at), cnnc_load(c.x2 + at), cnnc_load(c.y2 + at),
                                            cnnc_load(c.area + at));
        const cnnc_i32x16 dead = cnnc_load_i32(c.dead + at) | mask;
        memcpy(c.dead + at, &dead, sizeof dead);
      }
    }
    if (count == cap)
      break;
    for (size_t at = tile + TILE; at < length; at += CNNC_LANES) {
      const cnnc_f32x16 x1 = cnnc_load(c.x1 + at), y1 = cnnc_load(c.y1 + at), x2 = cnnc_load(c.x2 + at), y2 = cnnc_load(c.y2 + at);
      const cnnc_f32x16 area = cnnc_load(c.area + at);
      cnnc_i32x16 dead = cnnc_load_i32(c.dead + at);
      for (size_t k = 0; k < number; ++k)
        dead |= suppressed(&c, survivors[k], at, threshold, lower, x1, y1, x2, y2, area);
      memcpy(c.dead + at, &dead, sizeof dead);
    }
  }
  return count;
}
