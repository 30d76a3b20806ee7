// maps.h - maps of small tests in any layout, with a halo that nothing may touch.
#pragma once

extern "C" {
#include "runtime/lib/detect/detect.h"
}

#include <cmath>
#include <limits>
#include <vector>

namespace detect {

inline constexpr float quiet = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr float edge = -12345.0f;

/// Scratch aligned to 64 bytes, full of NaN.
class Scratch {
public:
  explicit Scratch(size_t size) : memory(size / 64 + 2) { __builtin_memset(memory.data(), 255, memory.size() * sizeof(Line)); }
  void *data() { return memory.data(); }

private:
  struct alignas(64) Line {
    char bytes[64];
  };
  std::vector<Line> memory;
};

/// A map [channels, height, width] in blocks of channels within a halo of one cell; all cells hold `edge` at first.
class Map {
public:
  Map(int channels, int height, int width, int block = 1) {
    layout = {int64_t(height + 2) * (width + 2) * block, int64_t(width + 2) * block, block, channels, height, width};
    memory.assign(size_t(layout.plane) * ((channels + block - 1) / block), edge);
  }

  float *data() { return memory.data() + layout.row + layout.block; }
  float &at(int c, int y, int x) { return data()[c / layout.block * layout.plane + y * layout.row + x * layout.block + c % layout.block]; }

  template <typename F> Map &fill(F f) {
    for (int c = 0; c < layout.channels; ++c)
      for (int y = 0; y < layout.height; ++y)
        for (int x = 0; x < layout.width; ++x)
          at(c, y, x) = f(c, y, x);
    return *this;
  }

  /// All cells of the channels in the order of a dense map.
  std::vector<float> values() {
    std::vector<float> result;
    for (int c = 0; c < layout.channels; ++c)
      for (int y = 0; y < layout.height; ++y)
        for (int x = 0; x < layout.width; ++x)
          result.push_back(at(c, y, x));
    return result;
  }

  /// Whether the halo still holds `edge` and the lanes past the channels hold zeros.
  bool neat() {
    const int lanes = (layout.channels + layout.block - 1) / layout.block * layout.block;
    for (int c = 0; c < lanes; ++c)
      for (int y = -1; y <= layout.height; ++y)
        for (int x = -1; x <= layout.width; ++x) {
          const bool inside = y >= 0 && x >= 0 && y < layout.height && x < layout.width;
          if (inside ? c >= layout.channels && at(c, y, x) != 0 : at(c, y, x) != edge)
            return false;
        }
    return true;
  }

  cnnc_layout layout;

private:
  std::vector<float> memory;
};

} // namespace detect
