/* tile_products.c - sums of products of f32 numbers on tiles of bf16 (Intel AMX), linked into the kernels that call them.
 *
 * An f32 number is the sum of two or three pieces, bf16 numbers each of about 2^-8 of the one before (SplitFloats.h). Of the products of two such sums those
 * are left out that are smaller than the last piece, and the others are summed in f32: three of two pieces, "bf16x2", or six of three, "bf16x3", which leave
 * an error as that of f32: Henry, Tang & Heinecke 2019, arXiv:1904.06376.
 *
 * Weights that few cells share are a stream from beyond L2, which is shorter where they are f32 and split here: each step's while the one before is
 * multiplied, when vector registers have nothing else to do. */
#include <immintrin.h>
#include <stdint.h>

enum { PIECE = 32, TILE = 512, ROW = 64 }; /* bf16 of a cell's piece and of a tile, f32 of a step's weights of a block; bytes of a tile's row */
enum { SUMS = 4, MOST_PIECES = 3 };        /* Tiles of sums; pieces of a number. */
enum { AHEAD = 8 };                        /* Steps that f32 weights are asked for before they are split. */
/* A tile that is stored 0.5 us or more after the one before takes 0.25 us longer, measured on Sapphire Rapids. Runs of up to SHORT steps store one in vain every
 * AWAKE steps, which makes those of 8 steps 1.2 times faster; longer ones lose more than they gain. */
enum { AWAKE = 4, SHORT = 32 };

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

#define INLINE static inline __attribute__((always_inline))

/* ---- Registers, whose numbers must be constants ---- */

#define OF_EACH_SUM(what)                                                                                                                                      \
  switch (number) {                                                                                                                                            \
  case 0:                                                                                                                                                      \
    what(0);                                                                                                                                                   \
    break;                                                                                                                                                     \
  case 1:                                                                                                                                                      \
    what(1);                                                                                                                                                   \
    break;                                                                                                                                                     \
  case 2:                                                                                                                                                      \
    what(2);                                                                                                                                                   \
    break;                                                                                                                                                     \
  default:                                                                                                                                                     \
    what(3);                                                                                                                                                   \
  }

INLINE void begin_sum(const int number, int add, const float *sums) {
#define LOAD(n) _tile_loadd(n, sums, ROW)
#define ZERO(n) _tile_zero(n)
  if (add)
    OF_EACH_SUM(LOAD)
  else
    OF_EACH_SUM(ZERO)
#undef LOAD
#undef ZERO
}

INLINE void end_sum(const int number, float *sums){
#define STORE(n) _tile_stored(n, sums, ROW)
    OF_EACH_SUM(STORE)
#undef STORE
}

/* Adds the product of the cells and the weights in register `cells` and `weights`, 0 or 1, to a sum. */
INLINE void add_product(const int number, const int cells, const int weights) {
#define PRODUCT(n)                                                                                                                                             \
  if (cells)                                                                                                                                                   \
    if (weights)                                                                                                                                               \
      _tile_dpbf16ps(n, 5, 7);                                                                                                                                 \
    else                                                                                                                                                       \
      _tile_dpbf16ps(n, 5, 6);                                                                                                                                 \
  else if (weights)                                                                                                                                            \
    _tile_dpbf16ps(n, 4, 7);                                                                                                                                   \
  else                                                                                                                                                         \
    _tile_dpbf16ps(n, 4, 6)
  OF_EACH_SUM(PRODUCT)
#undef PRODUCT
}

INLINE void load_cells(const int to, const uint16_t *cells, int64_t stride) {
  if (to)
    _tile_loadd(5, cells, stride);
  else
    _tile_loadd(4, cells, stride);
}

INLINE void load_weights(const int to, const uint16_t *weights) {
  if (to)
    _tile_loadd(7, weights, ROW);
  else
    _tile_loadd(6, weights, ROW);
}

/* ---- Weights ---- */

/* The nearest bf16, away from zero where two are as near, in the upper bits; the largest finite one for infinity, any for NaN. */
INLINE __m512i leading(__m512 value) {
  const __m512 finite = _mm512_range_ps(value, _mm512_set1_ps(0x1.fep127f), 2 /* the smaller magnitude with the first's sign */);
  return _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(finite), _mm512_set1_epi32(0x8000)), _mm512_set1_epi32((int32_t)0xffff0000));
}

/* The same of what is left: infinity and NaN are themselves. */
INLINE __m512i last_of_two(__m512 rest) {
  const __m512i bits = _mm512_castps_si512(rest);
  return _mm512_mask_add_epi32(bits, _mm512_cmp_ps_mask(rest, rest, _CMP_ORD_Q), bits, _mm512_set1_epi32(0x8000));
}

/* Row `row` of the tiles of pieces of a step's weights: pairs of inputs `row` and 16 + `row`. */
INLINE void split_row(const int pieces, const float *weights, int row, uint16_t *tiles) {
  __m512 first = _mm512_loadu_ps(weights + row * 16), second = _mm512_loadu_ps(weights + (16 + row) * 16);
  uint16_t *to = tiles + row * PIECE;
#pragma clang loop unroll(full)
  for (int piece = 0; piece < pieces; ++piece, to += TILE) {
    const int last = piece + 1 == pieces;
    const __m512i a = !last ? leading(first) : pieces == 2 ? last_of_two(first) : _mm512_castps_si512(first);
    const __m512i b = !last ? leading(second) : pieces == 2 ? last_of_two(second) : _mm512_castps_si512(second);
    _mm512_store_si512(to, _mm512_or_si512(_mm512_srli_epi32(a, 16), _mm512_and_si512(b, _mm512_set1_epi32((int32_t)0xffff0000))));
    first = _mm512_sub_ps(first, _mm512_castsi512_ps(a));
    second = _mm512_sub_ps(second, _mm512_castsi512_ps(b));
  }
}

/* Weights of a block: packed in pieces, or f32, which are split a step ahead of the products. */
struct weights {
  const uint16_t *pieces; /* Packed ones, of the step that is multiplied. */
  const uint16_t *ahead;  /* Those of the next call, of which each step asks for `lines` lines of each block. */
  int32_t lines;
  const float *next;      /* Others, of the step after it. */
  int now;                /* The half of the panel that is multiplied: others in pieces. */
  _Alignas(ROW) uint16_t panel[2][MOST_PIECES * TILE];
};

/* Share `share` of `shares` of splitting the next step's weights. */
INLINE void split_share(const int pieces, const int share, const int shares, struct weights *weights) {
#pragma clang loop unroll(full)
  for (int row = 16 * share / shares; row < 16 * (share + 1) / shares; ++row) {
    split_row(pieces, weights->next, row, weights->panel[!weights->now]);
    _mm_prefetch((const char *)(weights->next + AHEAD * TILE + row * 16), _MM_HINT_T1);
    _mm_prefetch((const char *)(weights->next + AHEAD * TILE + (16 + row) * 16), _MM_HINT_T1);
  }
}

INLINE void ask_ahead(const int blocks, int64_t block, struct weights *weights) {
  for (int32_t line = 0; line < weights->lines; ++line, weights->ahead += ROW / 2)
#pragma clang loop unroll(full)
    for (int number = 0; number < blocks; ++number)
      _mm_prefetch((const char *)(weights->ahead + number * block), _MM_HINT_T1);
}

/* ---- Sums ---- */

/* What a run of sums reads: in units of bf16, of sums f32; `block`: of weights. */
struct walk {
  int32_t rows, chunks, taps[2], stride[2], dilation[2];
  int64_t chunk, phase, pitch, block;
};

/* Sums of `tiles` runs of rows for `blocks` blocks of channels, four sums at most, of numbers in `pieces`. `split`: the weights are f32, of one block, and the
 * panel holds the first step's; afterwards it holds those at `after`. */
INLINE void products(const int pieces, const int split, const int tiles, const int blocks, const struct walk *walk, int add, const uint16_t *cells,
                     struct weights *weights, const float *after, float *sums, int64_t sums_block) {
  static const struct {
    int weights, cells;
  } order[2][6] = {{{1, 0}, {0, 0}, {0, 1}}, {{2, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}, {0, 2}}}; /* Either stays from one product to the next. */
  const int count = pieces * (pieces + 1) / 2;
  const int64_t cell = pieces * (int64_t)PIECE, stride = pieces * (int64_t)ROW, run = walk->rows * cell, below = (int64_t)walk->rows * (ROW / 4);
#pragma clang loop unroll(full)
  for (int number = 0; number < tiles * blocks; ++number)
    begin_sum(number, add, sums + number / tiles * sums_block + number % tiles * below);
  int32_t left = walk->chunks * walk->taps[0] * walk->taps[1];
  const int short_run = left <= SHORT;
  _Alignas(ROW) uint8_t unused[2 * TILE];
  for (int32_t chunk = 0; chunk < walk->chunks; ++chunk, cells += walk->chunk)
    for (int32_t ky = 0; ky < walk->taps[0]; ++ky)
      for (int32_t kx = 0; kx < walk->taps[1]; ++kx) {
        const uint32_t y = (uint32_t)(ky * walk->dilation[0]), x = (uint32_t)(kx * walk->dilation[1]);
        const uint32_t down = (uint32_t)walk->stride[0], across = (uint32_t)walk->stride[1];
        const uint16_t *from = cells;
        if (down * across == 1)
          from += y * walk->pitch + x * cell;
        else
          from += (y % down * across + x % across) * walk->phase + y / down * walk->pitch + x / across * cell;
        if (split)
          weights->next = left > 1 ? weights->next + TILE : after;
        const uint16_t *with = split ? weights->panel[weights->now] : weights->pieces;
#pragma clang loop unroll(full)
        for (int product = 0; product < count; ++product) {
          const int w = order[pieces - 2][product].weights, c = order[pieces - 2][product].cells;
          const int weights_stay = product > 0 && order[pieces - 2][product - 1].weights == w;
          const int cells_stay = product > 0 && tiles <= 2 && order[pieces - 2][product - 1].cells == c;
#pragma clang loop unroll(full)
          for (int block = 0; block < blocks; ++block) {
            if (!weights_stay)
              load_weights(block, with + block * walk->block + w * TILE);
#pragma clang loop unroll(full)
            for (int tile = 0; tile < tiles; ++tile) {
              if (!cells_stay && block == 0)
                load_cells(tile % 2, from + tile * run + c * PIECE, stride);
              add_product(block * tiles + tile, tile % 2, block);
            }
          }
          if (split)
            split_share(pieces, product, count, weights);
        }
        if (--left % AWAKE == 0 && short_run)
          _tile_stored(6, unused, ROW);
        if (split)
          weights->now = !weights->now;
        else
          ask_ahead(blocks, walk->block, weights), weights->pieces += pieces * TILE;
      }
#pragma clang loop unroll(full)
  for (int number = 0; number < tiles * blocks; ++number)
    end_sum(number, sums + number / tiles * sums_block + number % tiles * below);
}

#define SHAPE(split, tiles, blocks)                                                                                                                            \
  case tiles * 8 + blocks:                                                                                                                                     \
    products(pieces, split, tiles, blocks, walk, add, from, &weights, after, to, sums_block);                                                                  \
    break;

/* The same of any number of runs of rows and of blocks of packed weights, two at a time. */
INLINE void packed_products(const int pieces, int32_t tiles, int32_t blocks, const struct walk *walk, int add, const uint16_t *cells, const uint16_t *packed,
                            float *sums, int64_t sums_block) {
  const float *const after = 0;
  const int32_t pairs = (tiles + 1) / 2, steps = walk->chunks * walk->taps[0] * walk->taps[1];
  for (int32_t block = 0; block < blocks; block += 2) {
    struct weights weights;
    weights.lines = (pieces * 16 + pairs - 1) / pairs;
    weights.ahead = block + 2 < blocks ? packed + (block + 2) * walk->block : packed + (int64_t)steps * pieces * TILE;
    for (int32_t tile = 0; tile < tiles; tile += 2) {
      weights.pieces = packed + block * walk->block;
      const uint16_t *from = cells + (int64_t)tile * walk->rows * pieces * PIECE;
      float *to = sums + (int64_t)block * sums_block + (int64_t)tile * walk->rows * (ROW / 4);
      switch ((tile + 1 < tiles ? 2 : 1) * 8 + (block + 1 < blocks ? 2 : 1)) {
        SHAPE(0, 2, 2)
        SHAPE(0, 1, 2)
        SHAPE(0, 2, 1)
        SHAPE(0, 1, 1)
      }
    }
  }
}

/* The same of f32 weights: four runs of rows, or nearly, share a block's. */
INLINE void split_products(const int pieces, int32_t tiles, int32_t blocks, const struct walk *walk, int add, const uint16_t *cells, const float *unsplit,
                           float *sums, int64_t sums_block) {
  struct weights weights;
  weights.now = 1;
  weights.next = unsplit;
  split_share(pieces, 0, 1, &weights);
  weights.now = 0;
  const int32_t groups = (tiles + SUMS - 1) / SUMS;
  for (int32_t block = 0; block < blocks; ++block, unsplit += walk->block)
    for (int32_t group = 0; group < groups; ++group) {
      const int32_t first = tiles * group / groups, count = tiles * (group + 1) / groups - first;
      const float *after = group + 1 == groups && block + 1 < blocks ? unsplit + walk->block : unsplit;
      const uint16_t *from = cells + (int64_t)first * walk->rows * pieces * PIECE;
      float *to = sums + (int64_t)block * sums_block + (int64_t)first * walk->rows * (ROW / 4);
      switch (count * 8 + 1) {
        SHAPE(1, 4, 1)
        SHAPE(1, 3, 1)
        SHAPE(1, 2, 1)
        SHAPE(1, 1, 1)
      }
    }
}

/* The sums of `tiles` x `rows` cells in a row for `blocks` blocks of 16 channels: over `chunks` runs of 32 input channels and the taps of a window, of numbers
 * in `pieces`, 2 or 3. Each buffer is given with its first element: a pair of pieces of cells, an f32 of weights and sums. Cells: each 32 first pieces, then 32
 * second ones, and so on; `cells_chunk`, `cells_phase` and `pitch` cells lie between runs, between the cells that windows of a stride meet at different places,
 * and between rows. Weights: of each block, run and tap 32 x 16 f32, or, if they are `packed`, a tile of first pieces, then one of second ones, and so on;
 * `weights_block` tiles, or such squares, from block to block. Sums: `sums_block` f32 from block to block; with `add` they are added to. */
int32_t cnnc_tile_products(const uint16_t *cells, int64_t first_cell, const float *weights, int64_t first_weight, float *sums, int64_t first_sum,
                           int32_t pieces, int32_t packed, int32_t tiles, int32_t rows, int32_t blocks, int32_t chunks, int32_t cells_chunk,
                           int32_t cells_phase, int32_t pitch, int32_t taps_y, int32_t taps_x, int32_t stride_y, int32_t stride_x, int32_t dilation_y,
                           int32_t dilation_x, int32_t weights_block, int32_t sums_block, int32_t add) {
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
  cells += 2 * first_cell, weights += first_weight, sums += first_sum;
  if (packed && pieces == 3)
    packed_products(3, tiles, blocks, &walk, add, cells, (const uint16_t *)weights, sums, sums_block);
  else if (packed)
    packed_products(2, tiles, blocks, &walk, add, cells, (const uint16_t *)weights, sums, sums_block);
  else if (pieces == 3)
    split_products(3, tiles, blocks, &walk, add, cells, weights, sums, sums_block);
  else
    split_products(2, tiles, blocks, &walk, add, cells, weights, sums, sums_block);
  return 0;
}
