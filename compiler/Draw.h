// Detections drawn into an RGB picture: outlines, masks, captions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cnnc {

using Colour = std::array<uint8_t, 3>;

/// A picture that somebody else owns: rows from the top, three bytes a pixel. Every function below clips to it.
struct Canvas {
  uint8_t *pixels;
  int64_t width, height;
};

/// x1, y1, x2, y2 in pixels; the right and the lower edge lie outside.
using Box = std::array<float, 4>;

/// Whole pixels, [x1, x2) by [y1, y2).
struct PixelBox {
  int64_t x1, y1, x2, y2;
  bool empty() const { return x1 >= x2 || y1 >= y2; }
  bool operator==(const PixelBox &) const = default;
};

/// A mask of one detection. Either a grid of `rows` x `columns` probabilities over the box, or pixels of the whole picture.
struct Mask {
  std::vector<float> values;
  int64_t rows = 0, columns = 0;
  bool pasted = false;
};

struct Detection {
  Box box{};
  float score = 0;
  int32_t label = 0;
  Mask mask; ///< Empty for none.
};

/// Widths that suit a picture: 1 for small ones, growing with the shorter side.
struct Style {
  int64_t line = 1, text = 1;
  static Style of(const Canvas &canvas);
};

/// The colour of a label: seven hues that colour-blind people tell apart, each in three shades; the 22nd label repeats the first.
/// Source: Okabe and Ito 2008, "Color Universal Design".
Colour labelColour(int32_t label);

/// The pixels that a box touches, at least one each way; empty when it is upside down or a side is NaN.
PixelBox pixelsOf(const Box &box);

void fill(const Canvas &canvas, PixelBox area, Colour colour);

/// A frame of `line` pixels inside the box.
void drawOutline(const Canvas &canvas, const PixelBox &box, Colour colour, int64_t line);

/// Mixes the colour half and half into the pixels where the mask is above 1/2: a grid as torchvision's paste_masks_in_image pastes it
/// (and cut at the box), pixels as they are when there are as many as the canvas has.
void blendMask(const Canvas &canvas, const Mask &mask, const Box &box, Colour colour);

/// Text on a strip of `colour` above the box, inside it where there is no room above; moved into the picture where it would leave it.
void drawCaption(const Canvas &canvas, const PixelBox &box, std::string_view text, Colour colour, int64_t scale);

/// All of it, the first detection on top. `labels` names label i by its entry i; a label without a name is a number.
void drawDetections(const Canvas &canvas, std::span<const Detection> detections, std::span<const std::string> labels);

/// "dog 0.93".
std::string captionOf(const Detection &detection, std::span<const std::string> labels);

} // namespace cnnc
