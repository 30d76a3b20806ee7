// A convolution by minimal filtering, agreed between its definition and its schedule.
#pragma once

#include "lowering/kernels/Registry.h"

namespace cnnc::kernels {

/// How `tile` (cells), `rows` and `images` of a schedule cut a result: into tiles, and those into groups of so many rows of tiles of so many images.
struct WinogradTiles {
  static constexpr int64_t taps = 3; ///< Of the window, along each axis.

  int64_t tile;           ///< Cells of a tile along an axis.
  int64_t cells;          ///< That it reads.
  int64_t across, down;   ///< Tiles of an image.
  int64_t all;            ///< Tiles of all images.
  int64_t rows, images;   ///< Of a group.
  int64_t groups;         ///< Of all images.
  int64_t blocks, inputs; ///< Channel blocks of the result and of the input.
  WinogradTiles(const KernelSpec &spec, const Schedule &schedule);
  WinogradTiles(const KernelSpec &spec, int64_t tile, int64_t rows, int64_t images);
  int64_t inGroup() const { return across * rows * images; }
};

/// A 3x3 convolution of stride 1 over blocked channels as stages: "columns" and "data" (transformed cells: row, column, channel block, tile, lane), "acc"
/// and "products" (their products with the transformed filters, summed over input channels), "half" (back along x). Reduction domain of acc,
/// innermost first: place in a run of adjacent input channels, run.
Value winogradConvolution(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

} // namespace cnnc::kernels
