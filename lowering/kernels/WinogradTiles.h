// A convolution by minimal filtering, agreed between its definition and its schedule.
#pragma once

#include "lowering/kernels/Registry.h"

#include <array>

namespace cnnc::kernels {

/// How `tile` (cells), `rows` and `images` of a schedule cut a result: into tiles, and those into groups of so many rows of tiles of so many images.
/// An axis whose window has one tap is not filtered: a tile has one cell along it.
struct WinogradTiles {
  std::array<int64_t, 2> taps;  ///< Of the window, along y and x.
  std::array<int64_t, 2> tile;  ///< Cells of a tile.
  std::array<int64_t, 2> cells; ///< That it reads.
  int64_t across, down, all;    ///< Tiles of an image along x and y; of all images.
  int64_t rows, images;         ///< Of a group.
  int64_t groups;               ///< Of all images.
  int64_t blocks, inputs;       ///< Channel blocks of the result and of the input.
  WinogradTiles(const KernelSpec &spec, const Schedule &schedule);
  WinogradTiles(const KernelSpec &spec, int64_t tile, int64_t rows, int64_t images);
  int64_t inGroup() const { return across * rows * images; }
  int64_t planes() const { return cells[0] * cells[1]; }
};

/// A convolution of stride 1 over blocked channels as stages: "columns" and "data" (transformed cells: row, column, channel block, tile, lane), "acc"
/// and "products" (their products with the transformed filters, summed over input channels), "half" (back along x). Reduction domain of acc,
/// innermost first: place in a run of adjacent input channels, run.
Value winogradConvolution(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

/// The same with products on tiles of bf16 (tile_products.c): "columns", "data", "cells" (row, column, run of 32 channels, tile, piece, lane), the data as pairs
/// of bf16 pieces, "products" over the domain: channel of a run, run; and "half".
Value winogradOfPieces(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

} // namespace cnnc::kernels
