// Traced runs in the Trace Event Format. Test: test/compiler/tools/profile.test.
#include "compiler/ChromeTrace.h"

#include <algorithm>

using namespace cnnc;
using nlohmann::json;

static json named(const char *what, const std::string &name) { return {{"ph", "M"}, {"name", what}, {"pid", 1}, {"tid", 1}, {"args", {{"name", name}}}}; }

static json complete(const std::string &name, const std::string &category, double beginUs, double us, json args) {
  return {{"ph", "X"}, {"pid", 1}, {"tid", 1}, {"name", name}, {"cat", category}, {"ts", beginUs}, {"dur", us}, {"args", std::move(args)}};
}

json cnnc::chromeTrace(const Profile &profile) {
  json events = {named("process_name", profile.network + ", " + profile.target + ", " + std::to_string(profile.peak.threads) + " threads"),
                 named("thread_name", "launches")};
  const uint64_t first = profile.spans.empty() ? 0 : profile.spans.front().beginNs;
  const auto us = [](uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  for (auto begin = profile.spans.begin(); begin != profile.spans.end();) {
    const auto end = std::find_if(begin, profile.spans.end(), [&](const Span &span) { return span.run != begin->run; });
    const uint64_t lasts = std::prev(end)->endNs - begin->beginNs;
    events.push_back(complete("run " + std::to_string(begin->run + 1), "run", us(begin->beginNs - first), us(lasts), {{"batch", profile.batch}}));
    for (; begin != end; ++begin) {
      const LaunchProfile &launch = profile.launches[static_cast<size_t>(begin->launch)];
      const auto ns = static_cast<double>(std::max<uint64_t>(1, begin->endNs - begin->beginNs));
      events.push_back(complete(launch.work.layer, launch.work.schedule, us(begin->beginNs - first), ns / 1e3,
                                {{"launch", begin->launch},
                                 {"image", begin->image},
                                 {"kernel", launch.work.kernel},
                                 {"shape", launch.work.shape},
                                 {"GFLOP/s", launch.work.flops / ns},
                                 {"GB/s", (launch.work.weights + launch.work.activations) / ns},
                                 {"limit ms", launch.limit.seconds * 1e3},
                                 {"limit share", launch.limit.seconds * 1e9 / ns},
                                 {"bound", launch.limit.bound}}));
    }
  }
  return {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}};
}
