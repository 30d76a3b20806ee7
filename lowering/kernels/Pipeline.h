// The Halide side of a region: logical indices, tensors as functions of them, and the stages that schedules arrange.
#pragma once

#include "lowering/kernels/Prefetch.h"
#include "lowering/kernels/Registry.h"
#include "lowering/kernels/TileProducts.h"

#include <Halide.h>

namespace cnnc::kernels {

/// One logical coordinate as a mixed-radix number: sum of value * step, coarse to fine. A channel that runs over the blocks of
/// a layout keeps its digits, so that the address of a tensor with the same blocks needs no division.
struct Coord {
  struct Part {
    Halide::Expr value;
    int64_t step;
  };
  std::vector<Part> parts;
  int64_t limit; ///< Exclusive upper bound of the value. Above an axis' extent for padding lanes.

  Coord(Halide::Expr value, int64_t limit) : parts{{std::move(value), 1}}, limit(limit) {}
  Coord(std::vector<Part> parts, int64_t limit) : parts(std::move(parts)), limit(limit) {}
  Halide::Expr value() const;
};

/// The block of `lanes` channels, of `blocks`, and the lane in it that a channel's coordinate names.
std::array<Coord, 2> blockAndLane(const Coord &channel, int64_t lanes, int64_t blocks);

/// A logical position, outermost axis first.
using Index = std::vector<Coord>;

/// A tensor as a function of its logical index. Remembers its last answer: a value with many users is built once.
class Value {
public:
  Value(std::vector<int64_t> shape, std::function<Halide::Expr(const Index &)> function);
  Halide::Expr operator()(const Index &index) const;
  /// Read at an index of a shape that this one broadcasts to (ONNX/numpy rules: align right, extent 1 repeats).
  Halide::Expr broadcast(const Index &index) const;
  const std::vector<int64_t> &shape() const { return state->shape; }

private:
  struct State {
    std::vector<int64_t> shape;
    std::function<Halide::Expr(const Index &)> function;
    Index lastIndex;
    Halide::Expr lastResult;
  };
  std::shared_ptr<State> state;
};

/// A stage: a function over the physical axes of a layout, innermost first.
struct Stage {
  Halide::Func func;
  std::vector<Halide::Var> vars;
  Halide::RDom domain;          ///< Of the update, when there is one.
  std::vector<int64_t> extents; ///< Of `vars`.
  Index index;                  ///< Logical index of the stage's own element.

  /// Variables of the update's domain, innermost first; none when every axis of it has one element and Halide dropped it.
  std::vector<Halide::VarOrRVar> reductionVars() const;
};

/// A region under construction. Algorithms add stages and define values; then a schedule arranges them.
class Pipeline {
public:
  Pipeline(KernelSpec spec, const Schedule &schedule, const Target &target);

  const KernelSpec &spec() const { return region; }
  const Schedule &schedule() const { return plan; }
  const Target &target() const { return machine; }

  /// Vectors of a buffer to be prefetched (Prefetch.h).
  struct Stream {
    std::string buffer, loops;
    int64_t distance;
  };
  /// Asks for a prefetch of the vectors that the reduction of a stage loads from an input, `distance` elements ahead.
  void prefetch(int input, int64_t distance, const std::string &stage = "acc") { streams.push_back({params[input].name(), stage + ".s1.", distance}); }
  const std::vector<Stream> &prefetched() const { return streams; }
  /// Asks for a prefetch of the panel of an input that the stage "acc" reads next; `counting` is the definition whose loops count register tiles.
  void prefetchPanels(int input, Panels panels, const std::string &counting) {
    panelStreams.push_back({params[input].name(), "acc.s1.", counting + ".", std::move(panels)});
  }
  struct PanelStream {
    std::string buffer, loops, counting;
    Panels panels;
  };
  const std::vector<PanelStream> &prefetchedPanels() const { return panelStreams; }
  /// Asks for a prefetch of the cells of an input, or of a stage, that lie `distance` elements after those that the reduction of a stage reads.
  void prefetchCells(int input, int64_t distance, const std::string &stage = "acc") {
    cells.push_back({.buffer = params[input].name(), .loops = stage + ".s1.", .distance = distance});
  }
  void prefetchCells(const Stage &source, int64_t distance, const std::string &stage = "acc") {
    cells.push_back({.buffer = source.func.name(), .loops = stage + ".s1.", .distance = distance});
  }
  /// The same of the vectors of an input that a loop of a stage reads, `advance` elements after those of the iteration before.
  void prefetchVectors(int input, int64_t distance, const Stage &stage, const Halide::Var &loop, int64_t advance) {
    cells.push_back({params[input].name(), stage.func.name() + ".s0." + loop.name(), distance, Access::vectors, advance});
  }
  const std::vector<Cells> &prefetchedCells() const { return cells; }
  /// Asks for a prefetch of what the consumer of a stage touches of the output and of the activations that the ops after the root read, `distance`
  /// elements ahead.
  void prefetchEpilogue(const std::string &stage, int64_t distance = 0);
  struct Epilogue {
    std::string stage;
    std::vector<std::string> buffers;
    int64_t distance;
  };
  const std::optional<Epilogue> &prefetchedEpilogue() const { return epilogue; }

  /// Asks for a stage, which multiplies an input with another stage, to be computed by a call, or a loop of its update (TileProducts.h). `rows` and `blocks`
  /// are its variables. If it begins undefined, the loop adds to nothing.
  void callTiles(int input, const Stage &cells, const Stage &stage, const Halide::Var &rows, const Halide::Var &blocks, const TileShape &shape,
                 std::string loop = {}) {
    const bool adds = !loop.empty() && !Halide::Internal::is_undef(stage.func.value());
    call = TileCall{stage.func.name(), cells.func.name(), params[input].name(), rows.name(), blocks.name(), shape, std::move(loop), adds};
  }
  const std::optional<TileCall> &calledTiles() const { return call; }

  /// Asks for register tiles of a stage that reach over an end to become code of their own (UnswitchTails.h).
  void unswitchTails(const Stage &stage) { tails = stage.func.name(); }
  const std::optional<std::string> &unswitched() const { return tails; }

  /// Asks for channel blocks that are read in another order to be loaded whole and shuffled (PermuteLoads.h).
  void permuteLoads() { permutesLoads = true; }
  bool permutingLoads() const { return permutesLoads; }

  /// An input read at a logical index. Coordinates past the buffer (padding lanes) are clamped into it.
  Halide::Expr read(int input, const Index &index) const;

  /// A new stage over the layout of `tensor` (names must differ within a pipeline). Producer number k of a region's root adds its stages under names that
  /// end in "_k"; its finished result is the stage "strip_k".
  Stage &addStage(const std::string &name, const TensorDesc &tensor);
  /// A new stage over explicit axes; its index has one plain coordinate per axis, outermost first.
  Stage &addStage(const std::string &name, const std::vector<int64_t> &shape);
  /// The element of a stage at a logical index; of a stage with several values, the one numbered `value`.
  Halide::Expr at(const Stage &stage, const Index &index, int value = 0) const;
  Stage &stage(const std::string &name) { return *stages.at(name); }

  /// A reduction in chunks, see `accumulate`.
  struct Accumulation {
    struct Sum {
      Stage *stage = nullptr; ///< Over the output's axes.
      Halide::Func operand;   ///< The copy of the operand that it reads.
    };
    std::optional<Sum> part; ///< Of a chunk that is not the last; none with one chunk.
    Sum last;                ///< Of the last chunk.
    Halide::RDom chunks;     ///< Of the update that adds `part`; undefined when that is a single chunk, or none.
  };
  /// Cuts the sum of stage `name` into chunks of its innermost reduction axis, and lets the output buffer hold the partial sums. The output
  /// becomes an update that adds the chunks but the last, when there are several, and one that adds the last and applies the rest of the
  /// region. The sum must have the output's layout and be followed by pointwise ops at its own index. Stage `operand`, whose
  /// outermost axis is the output's, is read through copies that repeat the last position of that axis past its end: whole tiles may
  /// be summed over an end that no tile divides.
  Accumulation accumulate(const std::string &name, const std::string &operand, int64_t chunk);

  /// The layout that a reduction with this result computes in: that of its finished result when the shapes agree.
  TensorDesc computedLayout(const OpDesc &op) const;

  Stage &output() { return *out; }
  std::vector<Halide::Argument> arguments() const;

private:
  void declareInputs();
  Value defineOps();
  void declareOutput();

  KernelSpec region;
  Schedule plan;
  Target machine;
  std::vector<PackedLayout> layouts;      // of every input
  std::vector<Halide::ImageParam> params; // of every input
  std::vector<Stream> streams;
  std::vector<Cells> cells;
  std::optional<Epilogue> epilogue;
  std::optional<TileCall> call;
  std::vector<PanelStream> panelStreams;
  bool permutesLoads = false;
  std::optional<std::string> tails;
  std::string suffix; ///< Of the names of stages that are being added.
  std::map<std::string, std::unique_ptr<Stage>> stages;
  std::map<std::string, PackedLayout> stageLayouts;
  std::map<std::string, std::function<Halide::Expr(const std::vector<Halide::Expr> &)>> replaced; ///< What is read in place of a stage.
  std::optional<Value> result;                                                                    ///< Of the region.
  Stage *out = nullptr;
};

} // namespace cnnc::kernels
