// Detections drawn into an RGB picture.
#include "compiler/Draw.h"

#include "compiler/Font.h"

#include <algorithm>
#include <charconv>
#include <cmath>

using namespace cnnc;

// Edges beyond are as good as infinite: arithmetic on them stays exact.
static constexpr float kFar = 1 << 30;

Style cnnc::Style::of(const Canvas &canvas) {
  int64_t shorter = std::min(canvas.width, canvas.height);
  return {std::clamp<int64_t>(shorter / 240, 1, 12), std::clamp<int64_t>(shorter / 320, 1, 8)};
}

Colour cnnc::labelColour(int32_t label) {
  static constexpr Colour kHues[] = {{230, 159, 0}, {86, 180, 233}, {0, 158, 115}, {240, 228, 66}, {0, 114, 178}, {213, 94, 0}, {204, 121, 167}};
  uint32_t index = (static_cast<uint32_t>(label) - 1) % 21; // label 1 is the first that is no background
  Colour colour = kHues[index % 7];
  for (uint8_t &part : colour)
    part = static_cast<uint8_t>(index < 7 ? part : index < 14 ? part * 3 / 5 : 255 - (255 - part) / 2);
  return colour;
}

PixelBox cnnc::pixelsOf(const Box &box) {
  if (!(box[0] <= box[2] && box[1] <= box[3]))
    return {0, 0, 0, 0};
  auto first = [](float edge) { return static_cast<int64_t>(std::floor(std::clamp(edge, -kFar, kFar))); };
  auto last = [](float edge) { return static_cast<int64_t>(std::ceil(std::clamp(edge, -kFar, kFar))); };
  PixelBox pixels{first(box[0]), first(box[1]), last(box[2]), last(box[3])};
  pixels.x2 = std::max(pixels.x2, pixels.x1 + 1);
  pixels.y2 = std::max(pixels.y2, pixels.y1 + 1);
  return pixels;
}

static PixelBox clipped(const Canvas &canvas, const PixelBox &area) {
  return {std::max<int64_t>(area.x1, 0), std::max<int64_t>(area.y1, 0), std::min(area.x2, canvas.width), std::min(area.y2, canvas.height)};
}

static uint8_t *at(const Canvas &canvas, int64_t x, int64_t y) { return canvas.pixels + (y * canvas.width + x) * 3; }

void cnnc::fill(const Canvas &canvas, PixelBox area, Colour colour) {
  area = clipped(canvas, area);
  for (int64_t y = area.y1; y < area.y2; ++y)
    for (int64_t x = area.x1; x < area.x2; ++x)
      std::copy(colour.begin(), colour.end(), at(canvas, x, y));
}

void cnnc::drawOutline(const Canvas &canvas, const PixelBox &box, Colour colour, int64_t line) {
  if (box.empty())
    return;
  int64_t across = std::min(line, box.x2 - box.x1), down = std::min(line, box.y2 - box.y1);
  fill(canvas, {box.x1, box.y1, box.x2, box.y1 + down}, colour);
  fill(canvas, {box.x1, box.y2 - down, box.x2, box.y2}, colour);
  fill(canvas, {box.x1, box.y1, box.x1 + across, box.y2}, colour);
  fill(canvas, {box.x2 - across, box.y1, box.x2, box.y2}, colour);
}

static void blend(uint8_t *pixel, Colour colour) {
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<uint8_t>((pixel[c] + colour[c] + 1) / 2);
}

namespace {

// One axis of a grid that is bordered by a cell of 0 and stretched over [from, to], both grown by the border.
struct Axis {
  int64_t first, length, cells;

  Axis(float from, float to, int64_t grid) : cells(grid + 2) {
    float half = (to - from) * 0.5f * (static_cast<float>(cells) / static_cast<float>(grid)), centre = (to + from) * 0.5f;
    first = static_cast<int64_t>(centre - half);
    length = std::max<int64_t>(static_cast<int64_t>(centre + half) - first + 1, 1);
  }
  // The cell before a pixel's centre, its successor's weight in `weight`.
  int64_t cell(int64_t pixel, float &weight) const {
    double where = std::max((static_cast<double>(pixel - first) + 0.5) * static_cast<double>(cells) / static_cast<double>(length) - 0.5, 0.0);
    int64_t low = std::min(static_cast<int64_t>(where), cells - 1);
    weight = static_cast<float>(where - static_cast<double>(low));
    return low;
  }
  bool holds(int64_t pixel) const { return pixel >= first && pixel < first + length; }
};

} // namespace

void cnnc::blendMask(const Canvas &canvas, const Mask &mask, const Box &box, Colour colour) {
  PixelBox area = clipped(canvas, pixelsOf(box));
  if (mask.values.empty() || area.empty() || (mask.pasted && (mask.rows != canvas.height || mask.columns != canvas.width)))
    return;
  if (mask.pasted) {
    for (int64_t y = area.y1; y < area.y2; ++y)
      for (int64_t x = area.x1; x < area.x2; ++x)
        if (mask.values[y * canvas.width + x] > 0.5f)
          blend(at(canvas, x, y), colour);
    return;
  }
  if (!std::all_of(box.begin(), box.end(), [](float edge) { return std::fabs(edge) < kFar; }))
    return;
  Axis across(box[0], box[2], mask.columns), down(box[1], box[3], mask.rows);
  auto value = [&](int64_t row, int64_t column) {
    bool inside = row >= 1 && row <= mask.rows && column >= 1 && column <= mask.columns;
    return inside ? mask.values[(row - 1) * mask.columns + column - 1] : 0.0f;
  };
  for (int64_t y = area.y1; y < area.y2; ++y)
    for (int64_t x = area.x1; x < area.x2; ++x) {
      if (!across.holds(x) || !down.holds(y))
        continue;
      float right, below;
      int64_t column = across.cell(x, right), row = down.cell(y, below);
      float upper = value(row, column) * (1 - right) + value(row, column + 1) * right;
      float lower = value(row + 1, column) * (1 - right) + value(row + 1, column + 1) * right;
      if (upper * (1 - below) + lower * below > 0.5f)
        blend(at(canvas, x, y), colour);
    }
}

void cnnc::drawCaption(const Canvas &canvas, const PixelBox &box, std::string_view text, Colour colour, int64_t scale) {
  if (box.empty() || text.empty())
    return;
  std::string characters; // one a code point
  std::copy_if(text.begin(), text.end(), std::back_inserter(characters), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  int64_t advance = (font::kWidth + 1) * scale, width = static_cast<int64_t>(characters.size()) * advance + scale, height = (font::kHeight + 2) * scale;
  int64_t x = std::clamp<int64_t>(box.x1, 0, std::max<int64_t>(canvas.width - width, 0));
  int64_t y = std::clamp<int64_t>(box.y1 >= height ? box.y1 - height : box.y1, 0, std::max<int64_t>(canvas.height - height, 0));
  fill(canvas, {x, y, x + width, y + height}, colour);
  bool bright = 299 * colour[0] + 587 * colour[1] + 114 * colour[2] > 128000;
  Colour ink = bright ? Colour{0, 0, 0} : Colour{255, 255, 255};
  for (size_t i = 0; i < characters.size(); ++i) {
    font::Glyph glyph = font::glyph(characters[i]);
    int64_t left = x + scale + static_cast<int64_t>(i) * advance, top = y + scale;
    for (int64_t row = 0; row < font::kHeight; ++row)
      for (int64_t column = 0; column < font::kWidth; ++column)
        if (glyph[row] >> (font::kWidth - 1 - column) & 1)
          fill(canvas, {left + column * scale, top + row * scale, left + (column + 1) * scale, top + (row + 1) * scale}, ink);
  }
}

std::string cnnc::captionOf(const Detection &detection, std::span<const std::string> labels) {
  bool named = detection.label >= 0 && static_cast<size_t>(detection.label) < labels.size() && !labels[detection.label].empty();
  char score[64];
  auto end = std::to_chars(score, score + sizeof score, detection.score, std::chars_format::fixed, 2).ptr;
  return (named ? labels[detection.label] : std::to_string(detection.label)) + " " + std::string(score, end);
}

void cnnc::drawDetections(const Canvas &canvas, std::span<const Detection> detections, std::span<const std::string> labels) {
  Style style = Style::of(canvas);
  for (auto detection = detections.rbegin(); detection != detections.rend(); ++detection) {
    Colour colour = labelColour(detection->label);
    PixelBox box = pixelsOf(detection->box);
    blendMask(canvas, detection->mask, detection->box, colour);
    drawOutline(canvas, box, colour, style.line);
  }
  // Captions last: no mask or outline covers one.
  for (auto detection = detections.rbegin(); detection != detections.rend(); ++detection)
    if (PixelBox box = pixelsOf(detection->box); !clipped(canvas, box).empty())
      drawCaption(canvas, box, captionOf(*detection, labels), labelColour(detection->label), style.text);
}
