// Which schedules of one kernel to try next: a value that learns from trials and can be asked, without a clock or a file.
#pragma once

#include "compiler/tune/Record.h"

#include <set>

namespace cnnc::tune {

/// The closed space of a kernel's schedules (kernels::space), ordered by the model of the machine, and what is known of them.
class Search {
public:
  Search(const kernels::KernelSpec &spec, const Target &target);

  const kernels::Schedule &standard() const { return space.front(); } ///< The default schedule.
  size_t size() const { return space.size(); }                         ///< Of the space, the default included.
  size_t tried() const { return known.size(); }                        ///< The default not included.

  /// At most `count` schedules that were not tried: neighbours of the fastest, which differ from it in one knob, then the best of the model that
  /// differ from everything tried in more than the model can tell apart, then the others. Empty when the space is exhausted.
  std::vector<kernels::Schedule> next(size_t count) const;

  /// What a trial found: time relative to the default's, or nothing for a schedule that does not work. Schedules outside the space are forgotten.
  void learn(const kernels::Schedule &schedule, std::optional<double> ratio);

  /// The fastest known, and its time relative to the default's: 1 for the default itself.
  const kernels::Schedule &best() const { return space[fastest]; }
  double ratio() const { return least; }
  /// The `count` fastest known ones that are not slower than 1.1 x the default, the fastest first; the default is not among them.
  std::vector<kernels::Schedule> finalists(size_t count) const;

private:
  std::vector<kernels::Schedule> space;
  std::vector<double> cycles; ///< Of the model.
  std::map<size_t, std::optional<double>> known;
  size_t fastest = 0;
  double least = 1;
};

} // namespace cnnc::tune
