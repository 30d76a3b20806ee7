/* detections.c - from class scores and boxes of regions to labelled detections. The threshold comes first, so that little else is read. */
#include "boxes.h"
#include "scratch.h"
#include "vector.h"

typedef struct {
  float *boxes, *scores;
  int32_t *labels, *rows, *order, *kept;
  void *sorting, *suppression;
} workspace;

static size_t lay_out(const cnnc_detection_options *options, int32_t rows, void *scratch, workspace *w) {
  cnnc_scratch s = {scratch, 0};
  const int32_t foreground = options->classes - options->first_class;
  const size_t count = rows > 0 && foreground > 0 ? (size_t)rows * (size_t)foreground : 0;
  w->boxes = cnnc_carve(&s, count + 1, 4 * sizeof(float)); /* one more, for the candidate under test */
  w->scores = cnnc_carve(&s, count, sizeof(float));
  w->labels = cnnc_carve(&s, count, sizeof(int32_t));
  w->rows = cnnc_carve(&s, count, sizeof(int32_t));
  w->order = cnnc_carve(&s, count, sizeof(int32_t));
  w->kept = cnnc_carve(&s, count, sizeof(int32_t));
  w->sorting = cnnc_carve(&s, cnnc_top_k_scratch((int32_t)count), 1);
  w->suppression = cnnc_carve(&s, cnnc_nms_scratch((int32_t)count), 1);
  return s.used;
}

size_t cnnc_detections_scratch(const cnnc_detection_options *options, int32_t rows) {
  workspace w;
  return lay_out(options, rows, NULL, &w);
}

static inline int any_above(const float *scores, float threshold) { return cnnc_any(cnnc_load(scores) > (cnnc_f32x16)threshold); }

/* Appends the candidates of one row; returns the new number. */
static int32_t select_row(const cnnc_detection_options *options, const float *scores, const float *boxes, const float *deltas, int32_t row, int32_t height,
                          int32_t width, int32_t count, const workspace *w) {
  for (int32_t label = options->first_class; label < options->classes; ++label) {
    while (label + CNNC_LANES <= options->classes && !any_above(scores + label, options->score_threshold))
      label += CNNC_LANES;
    if (label >= options->classes)
      break;
    if (!(scores[label] > options->score_threshold))
      continue;
    const size_t at = 4 * ((size_t)row * options->box_classes + (options->box_classes == 1 ? 0 : label));
    float *box = w->boxes + 4 * (size_t)count;
    if (deltas)
      cnnc_decode_box(&options->coder, boxes + 4 * (size_t)row, deltas + at, box);
    else
      memcpy(box, boxes + at, 4 * sizeof *box);
    if (height >= 0)
      cnnc_clip_box(box, height, width);
    if (cnnc_is_small(box, options->min_size))
      continue;
    w->scores[count] = scores[label];
    w->labels[count] = label;
    w->rows[count++] = row;
  }
  return count;
}

int32_t cnnc_detections(const cnnc_detection_options *options, const float *scores, const float *boxes, const float *deltas, int32_t rows, int32_t height,
                        int32_t width, float *result_boxes, float *result_scores, int32_t *labels, int32_t *sources, void *scratch) {
  int32_t count = 0, kept;
  workspace w;
  lay_out(options, rows, scratch, &w);
  for (int32_t row = 0; row < rows; ++row)
    count = select_row(options, scores + (size_t)row * options->classes, boxes, deltas, row, height, width, count, &w);
  cnnc_top_k(w.scores, count, count, w.order, w.sorting);
  kept = cnnc_nms(w.boxes, w.labels, w.order, count, options->nms_threshold, options->cap, w.kept, w.suppression);
  for (int32_t i = 0; i < options->cap; ++i) {
    const int32_t at = i < kept ? w.kept[i] : -1;
    for (int side = 0; side < 4; ++side)
      result_boxes[4 * (size_t)i + side] = at >= 0 ? w.boxes[4 * (size_t)at + side] : 0.0f;
    result_scores[i] = at >= 0 ? w.scores[at] : 0.0f;
    labels[i] = at >= 0 ? w.labels[at] : 0;
    if (sources)
      sources[i] = at >= 0 ? w.rows[at] : 0;
  }
  return kept;
}
