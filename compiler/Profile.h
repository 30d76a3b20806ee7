// Where the time of a library goes, launch by launch, against what the machine could do.
#pragma once

#include "compiler/Roofline.h"
#include "compiler/Runner.h"

#include "llvm/Support/Error.h"

namespace cnnc {

struct ProfileOptions {
  int threads = 0;    ///< 0: as many as the library takes by itself.
  double seconds = 1; ///< About how long to run, three times at least.
  int traceRuns = 0;  ///< Further runs whose launches are recorded one by one.
};

/// One launch of one run: `launch` is its number, `image` which of the batch. The clock is the runtime's, monotonic.
struct Span {
  int32_t run, launch;
  int64_t image;
  uint64_t beginNs, endNs;
};

struct LaunchProfile {
  LaunchWork work;
  double minMs = 0, medianMs = 0; ///< Of a call.
  double share = 0;               ///< Of the time of all launches, by medians.
  Roofline::Limit limit;          ///< Of a call, for the multiplications that it does.
  double nominalLimit = 0;        ///< Seconds, for those of its definition.

  double gflops() const { return work.flops / (minMs * 1e6); }
  double bandwidth() const { return (work.weights + work.activations) / (minMs * 1e6); } ///< GB/s.
  double limitShare() const { return limit.seconds * 1e3 / minMs; }
};

/// Launches together. Times are of a run, rates by the sum of the least times.
struct ProfileSum {
  int64_t launches = 0;
  double minMs = 0, medianMs = 0, share = 0, flops = 0, done = 0, bytes = 0;
  double limitMs = 0, nominalLimitMs = 0;
  void add(const LaunchProfile &launch, int64_t calls);
};

struct Profile {
  std::string network, target;
  int64_t batch = 1, runs = 0;
  int64_t calls = 1;              ///< Of each launch in a run: the batch when launches are per image.
  double minMs = 0, medianMs = 0; ///< Of whole runs, while times are taken.
  MachinePeak peak;
  std::string weightsFrom; ///< The level of memory that weights are read from.
  std::vector<LaunchProfile> launches;
  std::vector<Span> spans; ///< Of the traced runs.

  ProfileSum whole() const;
  /// By schedule, the slowest first.
  std::vector<std::pair<std::string, ProfileSum>> kinds() const;
};

/// Profiles a library on given inputs. Throws cnnc::Error; fails on metadata of another version.
llvm::Expected<Profile> profileLibrary(const LibraryAt &at, const std::vector<Array> &inputs, const MachinePeak &peak, const ProfileOptions &options);

/// Tables of the launches (the `top` slowest; 0: all, in order of execution), of their kinds, and a summary.
void printProfile(const Profile &profile, int64_t top, llvm::raw_ostream &os);

/// The same as a document, launches in order of execution; docs/bench.md describes it.
nlohmann::json toJson(const Profile &profile);

} // namespace cnnc
