#include "compiler/tune/Search.h"

#include <algorithm>

using namespace cnnc;
using namespace cnnc::tune;
using kernels::Schedule;

/// Whether two schedules of one template differ in exactly one knob.
static bool areNeighbours(const Schedule &a, const Schedule &b) {
  if (a.name != b.name)
    return false;
  std::set<std::string> differing;
  for (const auto &[one, other] : {std::pair(&a, &b), std::pair(&b, &a)})
    for (const auto &[knob, value] : one->knobs)
      if (auto it = other->knobs.find(knob); it == other->knobs.end() || it->second != value)
        differing.insert(knob);
  return differing.size() == 1;
}

Search::Search(const kernels::KernelSpec &spec, const Target &target) : space(kernels::space(spec, target)) {
  for (const Schedule &schedule : space)
    cycles.push_back(kernels::estimatedCycles(spec, schedule, target));
}

std::vector<Schedule> Search::next(size_t count) const {
  std::vector<size_t> chosen;
  auto choose = [&](auto isWanted) {
    for (size_t i = 1; i < space.size() && chosen.size() < count; ++i)
      if (!known.contains(i) && std::ranges::find(chosen, i) == chosen.end() && isWanted(i))
        chosen.push_back(i);
  };
  if (!known.empty())
    choose([&](size_t i) { return areNeighbours(space[i], best()); });
  choose([&](size_t i) {
    auto alike = [&](size_t other) { return space[i].name == space[other].name && cycles[i] == cycles[other]; };
    return !alike(0) && std::ranges::none_of(known, [&](const auto &entry) { return alike(entry.first); }) && std::ranges::none_of(chosen, alike);
  });
  choose([](size_t) { return true; });
  std::vector<Schedule> schedules;
  for (size_t i : chosen)
    schedules.push_back(space[i]);
  return schedules;
}

void Search::learn(const Schedule &schedule, std::optional<double> ratio) {
  const auto place = std::ranges::find(space, schedule);
  if (place == space.begin() || place == space.end())
    return;
  const auto i = static_cast<size_t>(place - space.begin());
  auto &entry = known[i];
  entry = entry && ratio ? std::min(*entry, *ratio) : ratio;
  if (entry && *entry < least)
    least = *entry, fastest = i;
}

std::vector<Schedule> Search::finalists(size_t count) const {
  constexpr double kHopeless = 1.1;
  std::vector<std::pair<double, size_t>> ranked;
  for (const auto &[i, ratio] : known)
    if (ratio && *ratio < kHopeless)
      ranked.emplace_back(*ratio, i);
  std::ranges::sort(ranked);
  std::vector<Schedule> schedules;
  for (const auto &[ratio, i] : ranked)
    if (schedules.size() < count)
      schedules.push_back(space[i]);
  return schedules;
}
