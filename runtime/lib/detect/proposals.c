/* proposals.c - from the logits and deltas of a pyramid to the regions of one picture. Only the best anchors of a level are decoded. */
#include "boxes.h"
#include "scratch.h"

#include <string.h>

typedef struct {
  float *logits, *boxes, *scores;
  int32_t *best, *level, *order, *visited, *kept, *survives;
  void *sorting, *suppression;
} workspace;

static int32_t anchor_count(const cnnc_proposal_level *level) { return level->objectness.height * level->objectness.width * level->anchors.count; }

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static size_t lay_out(const cnnc_proposal_options *options, void *scratch, workspace *w) {
  cnnc_scratch s = {scratch, 0};
  int32_t most = 0, candidates = 0, sorted;
  for (int32_t l = 0; l < options->levels; ++l) {
    const int32_t count = anchor_count(&options->level[l]);
    most = count > most ? count : most;
    candidates += options->pre_nms_top_n > 0 ? smaller(count, options->pre_nms_top_n) : 0;
  }
  sorted = most > candidates ? most : candidates;
  w->logits = cnnc_carve(&s, (size_t)most, sizeof(float));
  w->boxes = cnnc_carve(&s, (size_t)candidates, 4 * sizeof(float));
  w->scores = cnnc_carve(&s, (size_t)candidates, sizeof(float));
  w->best = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->level = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->order = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->visited = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->kept = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->survives = cnnc_carve(&s, (size_t)candidates, sizeof(int32_t));
  w->sorting = cnnc_carve(&s, cnnc_top_k_scratch(sorted), 1);
  w->suppression = cnnc_carve(&s, cnnc_nms_scratch(candidates), 1);
  return s.used;
}

size_t cnnc_proposals_scratch(const cnnc_proposal_options *options) {
  workspace w;
  return lay_out(options, NULL, &w);
}

/* Logits in the order of anchor numbers: y, x, anchor. */
static void flatten(const cnnc_layout *layout, int32_t anchors, const float *map, float *result) {
  for (int32_t y = 0; y < layout->height; ++y)
    for (int32_t a = 0; a < anchors; ++a) {
      const float *from = map + a / layout->block * layout->plane + y * layout->row + a % layout->block;
      float *to = result + (size_t)y * layout->width * anchors + a;
      for (int32_t x = 0; x < layout->width; ++x)
        to[(size_t)x * anchors] = from[(size_t)x * layout->block];
    }
}

static void decode(const cnnc_proposal_level *level, const cnnc_box_coder *coder, const float *deltas, int32_t index, float box[4]) {
  const cnnc_layout *layout = &level->deltas;
  const int32_t cell = index / level->anchors.count, channel = index % level->anchors.count * 4;
  float anchor[4], delta[4];
  for (int32_t side = 0; side < 4; ++side)
    delta[side] = deltas[(channel + side) / layout->block * layout->plane + cell / layout->width * layout->row +
                         (int64_t)(cell % layout->width) * layout->block + (channel + side) % layout->block];
  cnnc_anchor_at(&level->anchors, layout->width, index, anchor);
  cnnc_decode_box(coder, anchor, delta, box);
}

/* Appends the best anchors of one level that are neither small nor improbable; returns the new number of candidates. */
static int32_t select_level(const cnnc_proposal_options *options, int32_t l, const float *objectness, const float *deltas, int32_t height, int32_t width,
                            int32_t count, const workspace *w) {
  const cnnc_proposal_level *level = &options->level[l];
  flatten(&level->objectness, level->anchors.count, objectness, w->logits);
  const int32_t best = cnnc_top_k(w->logits, anchor_count(level), options->pre_nms_top_n, w->best, w->sorting);
  for (int32_t i = 0; i < best; ++i) {
    float *box = w->boxes + 4 * (size_t)count;
    const float score = cnnc_sigmoid(w->logits[w->best[i]]);
    if (!(score >= options->score_threshold))
      continue;
    decode(level, &options->coder, deltas, w->best[i], box);
    cnnc_clip_box(box, height, width);
    if (cnnc_is_small(box, options->min_size))
      continue;
    w->scores[count] = score;
    w->level[count++] = l;
  }
  return count;
}

/* Marks the candidates of one level that suppression leaves. */
static void suppress_level(const cnnc_proposal_options *options, int32_t l, int32_t count, const workspace *w) {
  int32_t visited = 0, kept;
  for (int32_t i = 0; i < count; ++i) {
    w->visited[visited] = w->order[i];
    visited += w->level[w->order[i]] == l;
  }
  kept = cnnc_nms(w->boxes, NULL, w->visited, visited, options->nms_threshold, options->post_nms_top_n, w->kept, w->suppression);
  for (int32_t i = 0; i < kept; ++i)
    w->survives[w->kept[i]] = 1;
}

int32_t cnnc_proposals(const cnnc_proposal_options *options, const float *const objectness[], const float *const deltas[], int32_t height, int32_t width,
                       float *boxes, float *scores, void *scratch) {
  const int32_t cap = options->post_nms_top_n;
  int32_t count = 0, written = 0;
  workspace w;
  lay_out(options, scratch, &w);
  for (int32_t l = 0; l < options->levels; ++l)
    count = select_level(options, l, objectness[l], deltas[l], height, width, count, &w);
  cnnc_top_k(w.scores, count, count, w.order, w.sorting);
  for (int32_t i = 0; i < count; ++i)
    w.survives[i] = 0;
  for (int32_t l = 0; l < options->levels; ++l)
    suppress_level(options, l, count, &w);
  for (int32_t i = 0; i < count && written < cap; ++i) {
    const int32_t at = w.order[i];
    if (!w.survives[at])
      continue;
    memcpy(boxes + 4 * (size_t)written, w.boxes + 4 * (size_t)at, 4 * sizeof *boxes);
    if (scores)
      scores[written] = w.scores[at];
    ++written;
  }
  for (int32_t i = written; i < cap; ++i) {
    memset(boxes + 4 * (size_t)i, 0, 4 * sizeof *boxes);
    if (scores)
      scores[i] = 0.0f;
  }
  return written;
}
