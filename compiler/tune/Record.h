// What the tuner knows of one kernel with one schedule on one machine, as a plain value and as a line of JSON.
#pragma once

#include "lowering/kernels/Build.h"

#include <nlohmann/json_fwd.hpp>

namespace cnnc::tune {

/// A machine, as far as the times of kernels depend on it.
struct Machine {
  std::string cpu;                                  ///< The model's name.
  std::string features;                             ///< Digest of all features that it reports.
  int64_t l1Bytes = 0, l2Bytes = 0, l3Bytes = 0;    ///< Data caches; 0: none, or unknown.
  int64_t threads = 1;                              ///< That a kernel was timed with.
  bool operator==(const Machine &) const = default;
};

/// This machine.
Machine hostMachine(int64_t threads);
/// "Intel(R) Xeon(R) Processor, 2 threads".
std::string toString(const Machine &machine);
nlohmann::json toJson(const Machine &machine);
kernels::Result<Machine> machineFrom(const nlohmann::json &document);

/// A measurement, or the reason why there is none.
struct Record {
  std::string version; ///< Of cnnc.
  std::string kernel;  ///< kernelKey.
  std::string what;    ///< The kernel for people: "conv2d 3x3 64x56x56 -> 64x56x56, relu".
  std::string target;  ///< Its name.
  Machine machine;
  kernels::Schedule schedule;
  std::string network;       ///< Timed inside this network; empty: alone.
  double seconds = 0;        ///< Least time of a call; inside a network the sum over its launches.
  double defaultSeconds = 0; ///< That of the default schedule, measured in turns with it.
  double error = 0;          ///< Largest difference from the f64 reference, relative to the largest value.
  std::string failure;       ///< Not empty: why the schedule is of no use; the times mean nothing.

  /// Below 1: faster than the default.
  double ratio() const { return seconds / defaultSeconds; }
  /// Faster by more than two runs of the same schedule may differ.
  bool isFaster() const { return ratio() < kFaster; }
  static constexpr double kFaster = 0.98;
  bool operator==(const Record &) const = default;
};

/// Hash of what a kernel computes and for which target: records of equal keys compete.
std::string kernelKey(const kernels::KernelSpec &spec, const Target &target);
/// A spec in one line for people.
std::string describe(const kernels::KernelSpec &spec);

/// The document as a line of text; bytes that are no UTF-8 are replaced.
std::string lineOf(const nlohmann::json &document);
nlohmann::json toJson(const Record &record);
/// Checks types, ranges and lengths: a record may come from anywhere. The schedule may still be illegal for the kernel.
kernels::Result<Record> recordFrom(const nlohmann::json &document);

} // namespace cnnc::tune
