/* tile_products.c - sums of products of f32 numbers on tiles of bf16 (Intel AMX), linked into the kernels that call them.
 *
 * An f32 number is the sum of two or three pieces, bf16 numbers each of about 2^-8 of the one before (SplitFloats.h). Of the products of two such sums those
 * are left out that are smaller than the last piece, and the others are summed in f32: three of two pieces, "bf16x2", or six of three, "bf16x3", which leave
 * an error as that of f32: Henry, Tang & Heinecke 2019, arXiv:1904.06376. */
#include <immintrin.h>
#include <stdint.h>

enum { PIECE = 32, TILE = 512, ROW = 64 }; /* bf16 of a cell's piece and of a tile; bytes of a tile's row */
enum { CELLS = 1, WEIGHTS = 2 };           /* What is loaded for a product. */

/* Sets up the tile registers for sums of `rows` cells at a time. What kernels call returns a number, which means nothing. */
int32_t cnnc_tiles_begin(int32_t rows) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } config;
  __builtin_memset(&config, 0, sizeof config);
  config.palette = 1;
  for (int tile = 0; tile < 8; ++tile) {
    config.row_bytes[tile] = ROW;
    config.rows[tile] = (uint8_t)(tile < 6 ? rows : 16); /* 0-3 sums, 4-5 cells, 6-7 weights */
  }
  _tile_loadconfig(&config);
  return 0;
}

int32_t cnnc_tiles_end(void) {
  _tile_release();
  return 0;
}

/* What a run of sums reads: in units of bf16, of sums f32. */
struct walk {
  int32_t rows, chunks, taps[2], stride[2], dilation[2];
  int64_t chunk, phase, pitch, block;
};

/* Adds the products of a piece of the cells and one of the weights, of one or two runs of rows and one or two blocks of channels. What is not loaded is in the
 * registers. */
static inline __attribute__((always_inline)) void multiply(const int tiles, const int blocks, const int load, const uint16_t *cells, const uint16_t *cells2,
                                                           const int64_t stride, const uint16_t *weights, const uint16_t *weights2) {
  if (load & CELLS)
    _tile_loadd(4, cells, stride);
  if (load & WEIGHTS)
    _tile_loadd(6, weights, ROW);
  _tile_dpbf16ps(0, 4, 6);
  if (blocks > 1) {
    if (load & WEIGHTS)
      _tile_loadd(7, weights2, ROW);
    _tile_dpbf16ps(1, 4, 7);
  }
  if (tiles > 1) {
    if (load & CELLS)
      _tile_loadd(5, cells2, stride);
    _tile_dpbf16ps(2, 5, 6);
    if (blocks > 1)
      _tile_dpbf16ps(3, 5, 7);
  }
}

/* Sums of `tiles` runs of rows (1 or 2) for `blocks` blocks of channels (1 or 2) of numbers in `pieces`. From one product to the next either the cells or the
 * weights stay. */
static inline __attribute__((always_inline)) void products(const int pieces, const int tiles, const int blocks, const struct walk *walk, int add,
                                                           const uint16_t *cells, const uint16_t *weights, float *sums, int64_t sums_block) {
  const int64_t cell = pieces * (int64_t)PIECE, stride = pieces * (int64_t)ROW, second = walk->rows * cell;
  const int64_t below = (int64_t)walk->rows * (ROW / 4);
  if (add) {
    _tile_loadd(0, sums, ROW);
    if (blocks > 1)
      _tile_loadd(1, sums + sums_block, ROW);
    if (tiles > 1)
      _tile_loadd(2, sums + below, ROW);
    if (tiles > 1 && blocks > 1)
      _tile_loadd(3, sums + sums_block + below, ROW);
  } else {
    _tile_zero(0);
    if (blocks > 1)
      _tile_zero(1);
    if (tiles > 1)
      _tile_zero(2);
    if (tiles > 1 && blocks > 1)
      _tile_zero(3);
  }
  for (int32_t chunk = 0; chunk < walk->chunks; ++chunk, cells += walk->chunk)
    for (int32_t ky = 0; ky < walk->taps[0]; ++ky)
      for (int32_t kx = 0; kx < walk->taps[1]; ++kx, weights += pieces * TILE) {
        const uint32_t y = (uint32_t)(ky * walk->dilation[0]), x = (uint32_t)(kx * walk->dilation[1]);
        const uint32_t down = (uint32_t)walk->stride[0], across = (uint32_t)walk->stride[1];
        const uint16_t *a = cells, *b = weights, *b2 = weights + walk->block;
        if (down * across == 1)
          a += y * walk->pitch + x * cell;
        else
          a += (y % down * across + x % across) * walk->phase + y / down * walk->pitch + x / across * cell;
        const uint16_t *a2 = a + second;
        if (pieces == 3) {
          multiply(tiles, blocks, CELLS | WEIGHTS, a, a2, stride, b + 2 * TILE, b2 + 2 * TILE);
          multiply(tiles, blocks, WEIGHTS, a, a2, stride, b, b2);
          multiply(tiles, blocks, WEIGHTS, a, a2, stride, b + TILE, b2 + TILE);
          multiply(tiles, blocks, CELLS, a + PIECE, a2 + PIECE, stride, b, b2);
          multiply(tiles, blocks, WEIGHTS, a, a2, stride, b, b2);
          multiply(tiles, blocks, CELLS, a + 2 * PIECE, a2 + 2 * PIECE, stride, b, b2);
        } else {
          multiply(tiles, blocks, CELLS | WEIGHTS, a, a2, stride, b + TILE, b2 + TILE);
          multiply(tiles, blocks, WEIGHTS, a, a2, stride, b, b2);
          multiply(tiles, blocks, CELLS, a + PIECE, a2 + PIECE, stride, b, b2);
        }
      }
  _tile_stored(0, sums, ROW);
  if (blocks > 1)
    _tile_stored(1, sums + sums_block, ROW);
  if (tiles > 1)
    _tile_stored(2, sums + below, ROW);
  if (tiles > 1 && blocks > 1)
    _tile_stored(3, sums + sums_block + below, ROW);
}

/* The same for the runs of rows and blocks of channels that are left, two at a time. */
static inline __attribute__((always_inline)) void all_products(const int pieces, int32_t tiles, int32_t blocks, const struct walk *walk, int add,
                                                               const uint16_t *cells, const uint16_t *weights, float *sums, int64_t sums_block) {
  for (int32_t block = 0; block < blocks; block += 2) {
    const uint16_t *own = weights + block * walk->block;
    for (int32_t tile = 0; tile < tiles; tile += 2) {
      const uint16_t *from = cells + (int64_t)tile * walk->rows * pieces * PIECE;
      float *to = sums + (int64_t)block * sums_block + (int64_t)tile * walk->rows * (ROW / 4);
      if (block + 1 < blocks && tile + 1 < tiles)
        products(pieces, 2, 2, walk, add, from, own, to, sums_block);
      else if (block + 1 < blocks)
        products(pieces, 1, 2, walk, add, from, own, to, sums_block);
      else if (tile + 1 < tiles)
        products(pieces, 2, 1, walk, add, from, own, to, sums_block);
      else
        products(pieces, 1, 1, walk, add, from, own, to, sums_block);
    }
  }
}

/* The sums of `tiles` x `rows` cells in a row for `blocks` blocks of 16 channels: over `chunks` runs of 32 input channels and the taps of a window, of numbers
 * in `pieces`, 2 or 3. Each buffer is given with its first element: a pair of pieces of cells, an f32 of weights and sums. Cells: each 32 first pieces, then 32
 * second ones, and so on; `cells_chunk`, `cells_phase` and `pitch` cells lie between runs, between the cells that windows of a stride meet at different places,
 * and between rows. Weights: of each block, run and tap a tile of first pieces, then one of second ones, and so on, `weights_block` tiles from block to block.
 * Sums: `sums_block` f32 from block to block; with `add` they are added to. */
int32_t cnnc_tile_products(const uint16_t *cells, int64_t first_cell, const uint16_t *weights, int64_t first_weight, float *sums, int64_t first_sum,
                           int32_t pieces, int32_t tiles, int32_t rows, int32_t blocks, int32_t chunks, int32_t cells_chunk, int32_t cells_phase, int32_t pitch,
                           int32_t taps_y, int32_t taps_x, int32_t stride_y, int32_t stride_x, int32_t dilation_y, int32_t dilation_x, int32_t weights_block,
                           int32_t sums_block, int32_t add) {
  const int64_t cell = pieces * (int64_t)PIECE;
  const struct walk walk = {.rows = rows,
                            .chunks = chunks,
                            .taps = {taps_y, taps_x},
                            .stride = {stride_y, stride_x},
                            .dilation = {dilation_y, dilation_x},
                            .chunk = cells_chunk * cell,
                            .phase = cells_phase * cell,
                            .pitch = pitch * cell,
                            .block = (int64_t)weights_block * TILE};
  cells += 2 * first_cell, weights += 2 * first_weight, sums += first_sum;
  if (pieces == 3)
    all_products(3, tiles, blocks, &walk, add, cells, weights, sums, sums_block);
  else
    all_products(2, tiles, blocks, &walk, add, cells, weights, sums, sums_block);
  return 0;
}
