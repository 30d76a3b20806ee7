#include "lowering/kernels/Prefetch.h"
#include "test/lowering/kernels/Statements.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

using namespace cnnc::kernels;
using namespace Halide;
using namespace Halide::Internal;

namespace {

/// Runs the loops of a statement and keeps the elements that each tile prefetches.
class Walk final : public IRVisitor {
public:
  explicit Walk(const std::string &tiles) : tiles(tiles) {}
  std::map<int64_t, std::set<int64_t>> elements; ///< By the value of the loop over tiles.
  int64_t repeated = 0;
  using IRVisitor::visit;

private:
  void visit(const For *loop) override {
    for (int64_t i = 0; i < *as_const_int(loop->extent); ++i) {
      known[loop->name] = static_cast<int>(i);
      loop->body.accept(this);
    }
    known.erase(loop->name);
  }
  void visit(const IfThenElse *choice) override {
    if (is_const_one(simplify(substitute(known, choice->condition))))
      choice->then_case.accept(this);
  }
  void visit(const Call *call) override {
    if (!call->is_intrinsic(Call::prefetch))
      return IRVisitor::visit(call);
    const auto element = as_const_int(simplify(substitute(known, call->args[1])));
    ASSERT_TRUE(element) << call->args[1];
    repeated += !elements[*as_const_int(known.at(tiles))].insert(*element).second;
  }
  std::string tiles;
  std::map<std::string, Expr> known;
};

/// Tiles of a task, one after the other, each over 3 runs of 8 steps that load a vector of 16 elements; tiles 0..4 share the first panel, 5..9 the next.
Stmt tilesOfTwoPanels() {
  const Expr panel = variable("out.s0.task1.task1") / 5, step = variable("acc.s1.r$y") * 8 + variable("acc.s1.r$x");
  const Expr index = Ramp::make((panel * 24 + step) * 16, 1, 16);
  const Expr load = Load::make(Float(32, 16), "w", index, {}, {}, const_true(16), {});
  const Stmt sum = Store::make("acc", load, Ramp::make(0, 1, 16), {}, const_true(16), {});
  return loopOver("out.s0.task1.task1", 10, loopOver("acc.s1.r$y", 3, loopOver("acc.s1.r$x", 8, sum)));
}

std::set<int64_t> vectors(int64_t first, int64_t last) {
  std::set<int64_t> elements;
  for (int64_t vector = first; vector <= last; ++vector)
    elements.insert(vector * 16);
  return elements;
}

TEST(PanelPrefetch, EachTileAsksForItsShareOfTheNextPanel) {
  PanelPrefetch pass("w", "acc.s1.", "out.s0.", {.vectors = 24, .step = 16, .next = 24 * 16, .tiles = 5, .number = {{"task1", 1}}});
  Walk walk("out.s0.task1.task1");
  pass.mutate(tilesOfTwoPanels()).accept(&walk);
  ASSERT_EQ(walk.elements.size(), 10U);
  for (int64_t panel : {0, 1}) {
    std::set<int64_t> all;
    for (int64_t tile = 0; tile < 5; ++tile) {
      const std::set<int64_t> &share = walk.elements[panel * 5 + tile];
      EXPECT_LE(share.size(), 6U) << "a fifth of 24 vectors, rounded up for each of three runs";
      EXPECT_GE(*share.begin(), (panel + 1) * 24 * 16);
      all.insert(share.begin(), share.end());
    }
    EXPECT_EQ(all, vectors((panel + 1) * 24, (panel + 1) * 24 + 23));
  }
}

TEST(PanelPrefetch, MayStayOutsideTheReduction) {
  PanelPrefetch pass("w", "acc.s1.", "out.s0.", {.vectors = 24, .step = 16, .next = 24 * 16, .tiles = 5, .number = {{"task1", 1}}, .before = "r$y"});
  const Stmt result = pass.mutate(tilesOfTwoPanels());
  const For *tiles = result.as<For>();
  ASSERT_NE(tiles, nullptr);
  const Block *block = tiles->body.as<Block>();
  ASSERT_NE(block, nullptr);
  EXPECT_NE(block->first.as<Evaluate>(), nullptr);
  Walk walk("out.s0.task1.task1");
  result.accept(&walk);
  std::set<int64_t> all;
  for (int64_t tile = 0; tile < 5; ++tile)
    all.insert(walk.elements[tile].begin(), walk.elements[tile].end());
  EXPECT_EQ(all, vectors(24, 47));
  EXPECT_EQ(walk.repeated, 0);
}

TEST(PanelPrefetch, FollowsEveryStream) {
  // Two streams of 24 vectors, 1000 elements apart, as two blocks of channels of transformed weights; no loop counts tiles.
  PanelPrefetch pass("w", "acc.s1.", "products.s0.", {.streams = 2, .vectors = 24, .stride = 1000, .step = 16, .next = 24 * 16});
  Walk walk("out.s0.task1.task1");
  pass.mutate(tilesOfTwoPanels()).accept(&walk);
  std::set<int64_t> expected;
  for (int64_t element : vectors(24, 47))
    expected.insert({element, element + 1000});
  EXPECT_EQ(walk.elements[0], expected);
}

TEST(PanelPrefetch, LeavesOtherBuffersAlone) {
  PanelPrefetch pass("x", "acc.s1.", "out.s0.", {.vectors = 24, .step = 16, .next = 24 * 16, .tiles = 5, .number = {{"task1", 1}}});
  const Stmt before = tilesOfTwoPanels();
  Walk walk("out.s0.task1.task1");
  pass.mutate(before).accept(&walk);
  EXPECT_TRUE(walk.elements.empty());
}

/// Transforms of tiles of four cells, each from six: a tile and the next share two.
Stmt transforms() {
  Expr sum = 0.0f;
  for (int cell = 0; cell < 6; ++cell)
    sum = sum + Load::make(Float(32, 16), "x", Ramp::make((variable("data.s0.t") * 4 + cell) * 16, 1, 16), {}, {}, const_true(16), {});
  return loopOver("data.s0.t", 5, Store::make("data", sum, Ramp::make(variable("data.s0.t") * 16, 1, 16), {}, const_true(16), {}));
}

TEST(CellPrefetch, LeavesToTheNextTransformWhatBothRead) {
  for (auto [advance, cells] : {std::pair<int64_t, int64_t>{4 * 16, 4}, {0, 6}}) {
    CellPrefetch pass({.buffer = "x", .loops = "data.s0.t", .distance = 8 * 16, .access = Access::vectors, .advance = advance});
    Walk walk("data.s0.t");
    pass.mutate(transforms()).accept(&walk);
    ASSERT_EQ(walk.elements.size(), 5U);
    for (int64_t tile = 0; tile < 5; ++tile)
      EXPECT_EQ(walk.elements[tile], vectors(tile * 4 + 8, tile * 4 + 8 + cells - 1));
  }
}

/// Tiles of two blocks of `cells` vectors, blocks 1000 elements apart: each is summed over `runs` runs of `steps` steps, then stored.
Stmt summedTiles(int cells, int runs, int steps) {
  const Stmt sum = Store::make("acc", Load::make(Float(32, 16), "w", Ramp::make(variable("acc.s1.r$x") * 16, 1, 16), {}, {}, const_true(16), {}),
                               Ramp::make(0, 1, 16), {}, const_true(16), {});
  std::vector<Stmt> stores;
  for (int block = 0; block < 2; ++block)
    for (int cell = 0; cell < cells; ++cell)
      stores.push_back(Store::make("out", Load::make(Float(32, 16), "acc", Ramp::make(0, 1, 16), {}, {}, const_true(16), {}),
                                   Ramp::make(variable("out.s0.t") * cells * 16 + block * 1000 + cell * 16, 1, 16), {}, const_true(16), {}));
  const Stmt sums = ProducerConsumer::make_produce("acc", loopOver("acc.s1.r$y", runs, loopOver("acc.s1.r$x", steps, sum)));
  return loopOver("out.s0.t", 4, Block::make(sums, ProducerConsumer::make_consume("acc", Block::make(stores))));
}

/// The elements of such a tile.
std::set<int64_t> storedBy(int64_t tile, int64_t cells) {
  std::set<int64_t> elements = vectors(tile * cells, tile * cells + cells - 1);
  for (int64_t element : std::set<int64_t>(elements))
    elements.insert(element + 1000);
  return elements;
}

TEST(EpiloguePrefetch, SpreadsOverTheRunsOfTheSum) {
  struct Case {
    int cells, runs, parts, lines; ///< Runs that prefetch, and how many lines of a block each.
  };
  for (const auto &[cells, runs, parts, lines] : {Case{12, 4, 4, 3}, {14, 4, 4, 4}, {14, 16, 16, 1}, {3, 2, 2, 2}, {3, 6, 3, 1}, {3, 64, 3, 1}}) {
    const Stmt pass = EpiloguePrefetch("acc", {"out"}, 0).mutate(summedTiles(cells, runs, 8));
    Walk tiles("out.s0.t"), shares("acc.s1.r$y");
    pass.accept(&tiles);
    ASSERT_EQ(tiles.elements.size(), 4U);
    for (int64_t tile = 0; tile < 4; ++tile)
      EXPECT_EQ(tiles.elements[tile], storedBy(tile, cells)) << cells << " cells, " << runs << " runs";
    pass.accept(&shares);
    ASSERT_EQ(shares.elements.size(), static_cast<size_t>(parts)) << cells << " cells, " << runs << " runs";
    for (const auto &[run, elements] : shares.elements)
      EXPECT_EQ(elements.size(), 4U * 2 * lines) << run; // of four tiles, two blocks each
  }
}

TEST(EpiloguePrefetch, ComesBeforeASumOfOneStep) {
  for (int64_t distance : {0, 64}) {
    Walk tiles("out.s0.t");
    const Stmt pass = EpiloguePrefetch("acc", {"out"}, distance).mutate(summedTiles(4, 1, 1));
    pass.accept(&tiles);
    for (int64_t tile = 0; tile < 4; ++tile) {
      std::set<int64_t> expected;
      for (int64_t element : storedBy(tile, 4))
        expected.insert(element + distance);
      EXPECT_EQ(tiles.elements[tile], expected);
    }
    EXPECT_EQ(tiles.repeated, 0);
  }
}

} // namespace
