// Packing against a reference that follows the definition cell by cell.
#include "compiler/emit/Packing.h"
#include "lowering/kernels/SplitFloats.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace cnnc;
using namespace cnnc::emit;

namespace {

using Dims = std::vector<kernels::PackedLayout::Dim>;

template <typename Element> std::vector<Element> naive(const std::vector<Element> &source, bool splat, const std::vector<int64_t> &shape, const Dims &dims) {
  int64_t cells = 1;
  for (const auto &dim : dims)
    cells *= dim.extent;
  std::vector<Element> result(cells);
  for (int64_t cell = 0; cell < cells; ++cell) {
    std::vector<int64_t> at(shape.size(), 0);
    int64_t rest = cell;
    for (size_t p = dims.size(); p-- > 0; rest /= dims[p].extent)
      at[dims[p].dim] += rest % dims[p].extent * dims[p].step;
    int64_t offset = 0;
    bool inside = true;
    for (size_t d = 0; d < shape.size(); ++d) {
      inside &= at[d] < shape[d];
      offset = offset * shape[d] + at[d];
    }
    result[cell] = !inside ? Element(0) : source[splat ? 0 : offset];
  }
  return result;
}

template <typename Element> void check(const std::vector<int64_t> &shape, const Dims &dims, bool splat = false) {
  int64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  std::vector<Element> source(splat ? 1 : elements);
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<Element>(i + 1);
  std::vector<Element> expected = naive(source, splat, shape, dims);
  Packer packer(reinterpret_cast<const uint8_t *>(source.data()), splat, shape, {dims}, sizeof(Element));
  ASSERT_EQ(packer.runs() * packer.runBytes(), expected.size() * sizeof(Element));
  for (int64_t step : {int64_t(1), int64_t(3), packer.runs()}) { // pieces must join without a seam
    std::vector<Element> packed(expected.size(), Element(77));
    for (int64_t begin = 0; begin < packer.runs(); begin += step)
      packer.pack(begin, std::min(begin + step, packer.runs()), reinterpret_cast<uint8_t *>(packed.data()) + begin * packer.runBytes());
    EXPECT_EQ(packed, expected) << "pieces of " << step;
  }
}

/// [O/16, I/8, kh, kw, 8 i, 16 o] of an OIHW weight whose channels do not fill the blocks.
const Dims kConv = {{0, 2, 16}, {1, 2, 8}, {2, 3, 1}, {3, 3, 1}, {1, 8, 1}, {0, 16, 1}};

TEST(Packing, ConvolutionWithTails) { check<float>({20, 11, 3, 3}, kConv); }
TEST(Packing, ConvolutionThatFills) { check<float>({32, 16, 3, 3}, kConv); }
TEST(Packing, BytesAndWords) {
  check<uint8_t>({20, 11, 3, 3}, kConv);
  check<uint16_t>({20, 11, 3, 3}, kConv);
  check<uint64_t>({20, 11, 3, 3}, kConv);
}
TEST(Packing, ContiguousInnermost) { check<float>({7, 13}, {{0, 2, 4}, {1, 1, 16}, {0, 4, 1}, {1, 16, 1}}); }
TEST(Packing, StridedInnermost) { check<float>({7, 13}, {{0, 7, 1}, {1, 2, 1}, {1, 8, 2}}); }
TEST(Packing, BlockWhollyOutside) { check<float>({5, 3}, {{0, 4, 4}, {1, 3, 1}, {0, 4, 1}}); }
TEST(Packing, Vector) { check<float>({10}, {{0, 1, 16}, {0, 16, 1}}); }
TEST(Packing, Splat) { check<float>({20, 11, 3, 3}, kConv, /*splat=*/true); }

TEST(Packing, FiltersAreTransformedFirst) {
  const std::vector<int64_t> shape = {20, 11, 3, 3};
  std::vector<float> source(20 * 11 * 9);
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<float>(i % 17) - 8;
  const Dims dims = {{0, 2, 16}, {2, 6, 1}, {3, 4, 1}, {1, 2, 8}, {1, 8, 1}, {0, 16, 1}};
  const kernels::WinogradTile tile = {4, 2};
  const std::vector<float> transformed = kernels::transformFilters(source.data(), false, shape, tile);
  const std::vector<float> expected = naive(transformed, false, {20, 11, 6, 4}, dims);
  for (bool splat : {false, true}) {
    Packer packer(reinterpret_cast<const uint8_t *>(source.data()), splat, shape, {dims, tile}, sizeof(float));
    std::vector<float> packed(expected.size(), 77);
    ASSERT_EQ(packer.runs() * packer.runBytes(), packed.size() * sizeof(float));
    packer.pack(0, packer.runs(), reinterpret_cast<uint8_t *>(packed.data()));
    if (splat)
      EXPECT_EQ(packed, naive(kernels::transformFilters(source.data(), true, shape, tile), false, {20, 11, 6, 4}, dims));
    else
      EXPECT_EQ(packed, expected);
  }
}

TEST(Packing, TilesAreSplitLast) {
  const std::vector<int64_t> shape = {20, 40, 3, 3};
  std::vector<float> source(20 * 40 * 9);
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<float>(i % 1001) * 1.001f - 500;
  for (int64_t pieces : {2, 3})
    for (bool splat : {false, true}) {
      const Dims dims = {{0, 2, 16}, {1, 2, 32}, {2, 3, 1}, {3, 3, 1}, {1, 16 * pieces, 1}, {0, 16, 1}};
      std::vector<float> expected = naive(source, splat, shape, dims);
      kernels::splitTiles(expected, pieces);
      Packer packer(reinterpret_cast<const uint8_t *>(source.data()), splat, shape, {.dims = dims, .split = pieces}, sizeof(float));
      std::vector<float> packed(expected.size(), 77);
      ASSERT_EQ(packer.runs() * packer.runBytes(), packed.size() * sizeof(float));
      packer.pack(0, packer.runs(), reinterpret_cast<uint8_t *>(packed.data()));
      EXPECT_EQ(std::memcmp(packed.data(), expected.data(), packed.size() * sizeof(float)), 0);
    }
}

TEST(Packing, EmptyLayoutIsDense) {
  std::vector<float> source = {1, 2, 3, 4, 5, 6}, packed(6);
  Packer packer(reinterpret_cast<const uint8_t *>(source.data()), false, {2, 3}, {}, 4);
  packer.pack(0, packer.runs(), reinterpret_cast<uint8_t *>(packed.data()));
  EXPECT_EQ(packed, source);
}

TEST(Packing, EmptyLayoutOfASplatRepeatsIt) {
  float source = 3;
  std::vector<float> packed(6);
  Packer packer(reinterpret_cast<const uint8_t *>(&source), true, {2, 3}, {}, 4);
  packer.pack(0, packer.runs(), reinterpret_cast<uint8_t *>(packed.data()));
  EXPECT_EQ(packed, std::vector<float>(6, 3));
}

} // namespace
