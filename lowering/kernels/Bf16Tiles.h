// Convolutions and dense layers on tiles of bf16 (tile_products.c), agreed between their definitions and their schedules.
#pragma once

#include "lowering/kernels/Registry.h"

#include <array>

namespace cnnc::kernels {

/// The largest part of `whole`, at most `most`, that divides it: runs of a chunk.
int64_t divisorOf(int64_t whole, int64_t most);

/// Rows as tiles of one height, the fewest that hold them.
struct RowTiles {
  int64_t tiles, height;
  explicit RowTiles(int64_t rows);
  int64_t positions() const { return tiles * height; }
};

/// Pieces that a number is split into at this accuracy, which allows it.
int64_t piecesAt(Accuracy accuracy);

/// Why a schedule of a kernel of this accuracy may not multiply so many pieces.
std::optional<std::string> illegalPieces(Accuracy accuracy, int64_t pieces);

/// Error that the products of numbers in a schedule's pieces add, relative to the norm of a layer's results.
double bf16Budget(const KernelSpec &spec, const Schedule &schedule);

/// How `rows`, `columns`, `tile_x`, `tile_y` and `chunk` of a schedule cut a result. A strip is `rows` rows, or of a single row `columns` cells ("flat"). The
/// cells that it reads are copied as bf16 pieces, those that a stride keeps apart as planes of their own, so that cells that neighbouring results read at one
/// place of the window follow each other. Sums are of runs of positions: a row of results and what its windows reach beyond it.
struct Bf16Tiles {
  std::array<int64_t, 2> taps, stride, dilation; ///< Along y and x; a stride of 1 where the window has one tap, whose cells alone are copied.
  std::array<int64_t, 2> skip;                   ///< From a copied cell to the next: the op's stride.
  bool flat;
  int64_t strips;                    ///< Of an image.
  int64_t rows, columns;             ///< Of the result in a strip.
  int64_t tileX, tileY;              ///< Results that are finished at a time.
  int64_t pitch;                     ///< Positions from one row to the next.
  int64_t tiles, height;             ///< Of a run of sums: tiles, and the positions of each.
  int64_t copiedRows, copiedColumns; ///< Of each plane of the copy of a strip.
  int64_t pieces;                    ///< That a number is split into (SplitFloats.h).
  int64_t chunks, blocks;            ///< Runs of 32 input channels; blocks of output channels.
  int64_t chunk;                     ///< Runs that are summed before the next are copied.
  Bf16Tiles(const KernelSpec &spec, const Schedule &schedule);
  int64_t planes() const { return stride[0] * stride[1]; }
  int64_t copiedCells() const { return planes() * copiedRows * copiedColumns; } ///< Of a strip, each with a run of channels.
  int64_t positions() const { return tiles * height; } ///< Of a run of sums.
};

/// A convolution over blocked channels as stages: "cells" (n, run of 32 channels, plane, row, column, piece, lane), the input as pairs of bf16 pieces; "sums"
/// (n, channel block, position, lane) over the domain: input of a run, x and y of the window, run of a chunk, chunk; a call of tile_products.c computes them
/// in place of their definition here.
Value bf16Convolution(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

/// How `rows` of a schedule cut a transposed convolution whose windows lie side by side: each input cell has the results of one window, one of each phase. A
/// strip is `rows` rows of cells, which are copied as bf16 pieces.
struct TransposedTiles {
  std::array<int64_t, 2> stride; ///< Along y and x.
  int64_t height, width;         ///< In cells.
  int64_t strips, rows;          ///< Of an image; of a strip.
  int64_t copiedRows;            ///< Rows that the tiles of a strip reach.
  int64_t pieces;                ///< That a number is split into (SplitFloats.h).
  int64_t chunks, blocks;        ///< Runs of 32 input channels; blocks of output channels.
  TransposedTiles(const KernelSpec &spec, const Schedule &schedule);
  int64_t phases() const { return stride[0] * stride[1]; }
};

/// Such a transposed convolution over blocked channels as stages: "cells" (n, run of 32 channels, row, column, piece, lane) and "sums" (n, channel block of a
/// phase, position, lane) over the domain: input of a run, run.
Value bf16Transposed(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

/// A dense layer as stages: "cells" (run of 32 inputs, row, piece, lane) and "sums" (block of outputs, row, lane), over the domain: input of a run, run of
/// a chunk, chunk.
Value bf16Dense(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);

} // namespace cnnc::kernels
