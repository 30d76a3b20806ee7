// The least time that a machine needs for a library's launches: the roofline. Williams, Waterman, Patterson 2009, doi:10.1145/1498765.1498785.
#pragma once

#include "compiler/MachinePeak.h"

namespace cnnc {

/// What a launch of one call computes and moves; one that gathers, for each of its images.
struct LaunchWork {
  std::string layer, kernel;
  std::string schedule; ///< Its name without knobs; the kernel's name where it has none.
  int64_t pieces = 0;   ///< Of bf16 that it multiplies f32 numbers as, on tiles; 0: it does not.
  std::vector<int64_t> shape;
  double flops = 0;       ///< By the definition of its ops: two for each multiply-accumulate.
  double done = 0;        ///< Those that it really does: minimal filtering multiplies less. Its transforms are not counted.
  double weights = 0;     ///< Bytes, read once.
  double activations = 0; ///< Bytes, inputs read once and results written once, as they lie in memory.
  bool counted = false;   ///< Of the rows (dimension 0) of the result a call computes as many as are meant.
  double rows = 0;        ///< Bytes of the activations that have as many rows as the result.
  int64_t images = 1;     ///< How many a call takes at most; more than 1: it gathers.

  /// In a run of `batch` images those of a call have its weights in common.
  void shareWeights(int64_t batch);

  /// What a call does that computes only `part` of the rows of a counted launch.
  void computeOnly(double part);
};

/// What a library's metadata document says of its launches, in order; nullopt when it is another version's.
std::optional<std::vector<LaunchWork>> launchWork(const nlohmann::json &metadata);

/// The roofline of one library on one machine. Weights come from the level that holds all weights and the arena, since a run reads each once;
/// activations from the nearest that holds those of the launch.
class Roofline {
public:
  /// Bytes of all weights and of the arena.
  Roofline(MachinePeak peak, int64_t weights, int64_t arena) : machine(std::move(peak)), weightsLevel(&machine.levelFor(weights + arena)) {}
  Roofline(const Roofline &) = delete;

  struct Limit {
    double seconds = 0;
    std::string bound; ///< What takes that long: "compute", or the level of memory that takes most of it.
  };
  /// The least time of a launch that does `flops`: its own `done`, or another number.
  Limit limitOf(const LaunchWork &work, double flops) const;

  /// The name of the level that weights come from.
  const std::string &weightsFrom() const { return weightsLevel->name; }

private:
  MachinePeak machine;
  const MemoryLevel *weightsLevel;
};

} // namespace cnnc
