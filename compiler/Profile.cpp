// Where the time of a library goes. Test: test/compiler/tools/profile.test.
#include "compiler/Profile.h"

#include "compiler/Progress.h"
#include "compiler/Table.h"
#include "compiler/emit/Metadata.h"

#include <algorithm>
#include <numeric>

using namespace cnnc;
using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }

double medianOf(std::vector<double> &samples) {
  const auto middle = samples.begin() + static_cast<ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return samples.size() % 2 ? *middle : (*middle + *std::max_element(samples.begin(), middle)) / 2;
}

/// What is taken of a call again and again.
struct Samples {
  std::vector<double> runs;                  ///< ms of each run.
  std::vector<std::vector<double>> launches; ///< ms of a call of each launch, in each run.
};

Samples sample(BoundLibrary &bound, double seconds) {
  constexpr int kWarmUp = 2, kLeastRuns = 3;
  for (int run = 0; run < kWarmUp; ++run)
    bound.run();
  Samples samples;
  samples.launches.resize(static_cast<size_t>(bound.model().info().num_launches));
  Progress progress("profiling, ms");
  const auto begin = Clock::now();
  repeat(seconds, kLeastRuns, [&](int) {
    bound.model().profile(true); // from zero
    const auto start = Clock::now();
    bound.run();
    samples.runs.push_back(millisecondsSince(start));
    for (size_t launch = 0; const cnnc_profile_entry &entry : bound.model().profile())
      samples.launches[launch++].push_back(static_cast<double>(entry.total_ns) / 1e6 / static_cast<double>(std::max<uint64_t>(1, entry.calls)));
    progress.update(std::min<int64_t>(static_cast<int64_t>(millisecondsSince(begin)), static_cast<int64_t>(seconds * 1e3)),
                    static_cast<int64_t>(seconds * 1e3));
  });
  bound.model().profile(false);
  return samples;
}

// Images of the first input that has a batch.
int64_t batchOf(const json &metadata, const std::vector<Array> &inputs) {
  const json declared = metadata.value("inputs", json::array());
  for (size_t i = 0; i < std::min(declared.size(), inputs.size()); ++i)
    if (declared[i].value("batched", false) && !inputs[i].shape.empty())
      return inputs[i].shape.front();
  return 1;
}

/// What is recorded of traced runs.
struct Recorder {
  const std::vector<LaunchWork> &work;
  std::vector<Span> spans;
  std::vector<double> parts; ///< Of the rows of each launch, those that are meant.
  int32_t run = -1;          ///< The first one warms up.

  static void record(void *user, const cnnc_trace_event *event) {
    auto *recorder = static_cast<Recorder *>(user);
    if (recorder->run >= 0)
      recorder->spans.push_back({recorder->run, event->launch, event->image, event->begin_ns, event->end_ns});
    else if (recorder->work[static_cast<size_t>(event->launch)].counted && event->ndim > 0 && event->shape[0] > 0)
      recorder->parts[static_cast<size_t>(event->launch)] = partMeant(*event);
  }

private:
  // A row (dimension 0) of a result with its halo, as it lies in memory.
  static size_t rowBytes(const cnnc_trace_event &event) {
    std::vector<int64_t> extents(event.shape + 1, event.shape + event.ndim);
    if (event.block != 0) // [channels, height, width]
      extents = {(extents[0] + event.block - 1) / event.block * event.block, event.halo[0] + extents[1] + event.halo[2],
                 event.halo[1] + extents[2] + event.halo[3]};
    return std::accumulate(extents.begin(), extents.end(), size_t(event.dtype.bits / 8),
                           [](size_t bytes, int64_t extent) { return bytes * static_cast<size_t>(extent); });
  }

  // A trace sees zeros in rows that are not meant.
  static double partMeant(const cnnc_trace_event &event) {
    const size_t bytes = rowBytes(event);
    const auto *data = static_cast<const char *>(event.data);
    int64_t rows = event.shape[0];
    while (rows > 0 && std::all_of(data + (rows - 1) * bytes, data + rows * bytes, [](char byte) { return byte == 0; }))
      --rows;
    return static_cast<double>(rows) / static_cast<double>(event.shape[0]);
  }
};

Recorder traced(const LibraryAt &at, const std::vector<Array> &inputs, const std::vector<LaunchWork> &work, const ProfileOptions &options) {
  Recorder recorder{work, {}, std::vector<double>(work.size(), 1)};
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = &recorder;
  hooks.trace = Recorder::record;
  BoundLibrary bound(at, inputs, options.threads, hooks);
  for (; recorder.run < options.traceRuns; ++recorder.run)
    bound.run();
  return recorder;
}

} // namespace

void ProfileSum::add(const LaunchProfile &launch, int64_t calls) {
  const auto times = static_cast<double>(calls);
  ++launches;
  minMs += launch.minMs * times;
  medianMs += launch.medianMs * times;
  share += launch.share;
  flops += launch.work.flops * times;
  done += launch.work.done * times;
  bytes += (launch.work.weights + launch.work.activations) * times;
  limitMs += launch.limit.seconds * 1e3 * times;
  nominalLimitMs += launch.nominalLimit * 1e3 * times;
}

ProfileSum Profile::whole() const {
  ProfileSum sum;
  for (const LaunchProfile &launch : launches)
    sum.add(launch, calls);
  return sum;
}

std::vector<std::pair<std::string, ProfileSum>> Profile::kinds() const {
  std::map<std::string, ProfileSum> sums;
  for (const LaunchProfile &launch : launches)
    sums[launch.work.schedule].add(launch, calls);
  std::vector<std::pair<std::string, ProfileSum>> list(sums.begin(), sums.end());
  std::ranges::stable_sort(list, [](const auto &a, const auto &b) { return a.second.medianMs > b.second.medianMs; });
  return list;
}

llvm::Expected<Profile> cnnc::profileLibrary(const LibraryAt &at, const std::vector<Array> &inputs, const MachinePeak &peak, const ProfileOptions &options) {
  const auto malformed = [&] { return llvm::createStringError("'" + at.path + "' holds metadata of another version of cnnc; compile it again"); };
  const cnnc_info &info = at.library.info();
  const json metadata = json::parse(info.metadata_json ? info.metadata_json : "", nullptr, /*allow_exceptions=*/false);
  auto work = launchWork(metadata);
  if (!work || work->size() != static_cast<size_t>(info.num_launches))
    return malformed();
  Profile profile;
  profile.network = info.name;
  profile.target = info.target;
  profile.peak = peak;
  BoundLibrary bound(at, inputs, options.threads);
  Samples samples = sample(bound, options.seconds);
  profile.batch = batchOf(metadata, inputs);
  profile.calls = metadata.value("per_image", false) ? profile.batch : 1;
  profile.runs = static_cast<int64_t>(samples.runs.size());
  profile.minMs = *std::ranges::min_element(samples.runs);
  profile.medianMs = medianOf(samples.runs);
  if (options.traceRuns > 0 || std::ranges::any_of(*work, &LaunchWork::counted)) {
    Recorder recorder = traced(at, inputs, *work, options);
    profile.spans = std::move(recorder.spans);
    for (size_t launch = 0; launch < work->size(); ++launch)
      (*work)[launch].computeOnly(recorder.parts[launch]);
  }
  const Roofline roofline(peak, static_cast<int64_t>(info.weights_bytes), static_cast<int64_t>(info.workspace_bytes));
  profile.weightsFrom = roofline.weightsFrom();
  double all = 0;
  for (size_t launch = 0; launch < work->size(); ++launch) {
    LaunchProfile row;
    row.work = std::move((*work)[launch]);
    row.work.shareWeights(profile.batch);
    row.minMs = std::max(1e-6, *std::ranges::min_element(samples.launches[launch])); // the clock counts nanoseconds
    row.medianMs = std::max(1e-6, medianOf(samples.launches[launch]));
    row.limit = roofline.limitOf(row.work, row.work.done);
    row.nominalLimit = roofline.limitOf(row.work, row.work.flops).seconds;
    all += row.medianMs;
    profile.launches.push_back(std::move(row));
  }
  for (LaunchProfile &row : profile.launches)
    row.share = row.medianMs / all;
  return profile;
}

namespace {

/// The columns that launches and their kinds have in common.
struct Cells {
  bool filtered; ///< Whether the multiplications that are done have a column of their own.

  void head(std::vector<std::string> &row) const {
    row.insert(row.end(), {"min ms", "median ms", "time", "GFLOP/s"});
    if (filtered)
      row.push_back("done");
    row.insert(row.end(), {"MB", "GB/s", "of limit"});
  }
  void body(std::vector<std::string> &row, const ProfileSum &sum) const {
    const double perMs = 1 / (sum.minMs * 1e6);
    row.insert(row.end(), {fixed(sum.minMs, 3), fixed(sum.medianMs, 3), percent(sum.share), sum.flops > 0 ? fixed(sum.flops * perMs, 1) : "-"});
    if (filtered)
      row.push_back(sum.done > 0 ? fixed(sum.done * perMs, 1) : "-");
    row.insert(row.end(), {fixed(sum.bytes / 1e6, 2), fixed(sum.bytes * perMs, 1), percent(sum.limitMs / sum.minMs)});
  }
};

ProfileSum alone(const LaunchProfile &launch) {
  ProfileSum sum;
  sum.add(launch, 1);
  return sum;
}

} // namespace

void cnnc::printProfile(const Profile &profile, int64_t top, llvm::raw_ostream &os) {
  const ProfileSum whole = profile.whole();
  const Cells cells{whole.done != whole.flops};
  std::vector<size_t> order(profile.launches.size());
  std::iota(order.begin(), order.end(), 0);
  if (top > 0) {
    std::ranges::stable_sort(order, [&](size_t a, size_t b) { return profile.launches[a].medianMs > profile.launches[b].medianMs; });
    order.resize(std::min(order.size(), static_cast<size_t>(top)));
  }
  std::vector<std::string> head = {"#", "layer", "kernel"};
  cells.head(head);
  head.push_back("bound");
  Table launches(head);
  for (size_t number : order) {
    const LaunchProfile &launch = profile.launches[number];
    std::vector<std::string> row = {std::to_string(number), launch.work.layer, launch.work.schedule};
    cells.body(row, alone(launch));
    row.push_back(launch.limit.bound);
    launches.add(std::move(row));
  }
  launches.print(os);
  os << '\n';
  head = {"kernel", "launches"};
  cells.head(head);
  Table kinds(head);
  const auto add = [&](const std::string &name, const ProfileSum &sum) {
    std::vector<std::string> row = {name, std::to_string(sum.launches)};
    cells.body(row, sum);
    kinds.add(std::move(row));
  };
  for (const auto &[kind, sum] : profile.kinds())
    add(kind, sum);
  add("all", whole);
  kinds.print(os);
  os << '\n'
     << profile.network << ", batch " << profile.batch << ", " << profile.peak.threads << " threads: a run takes " << fixed(profile.medianMs, 3)
     << " ms (median of " << profile.runs << "; least " << fixed(profile.minMs, 3) << ")\nlimit " << fixed(whole.limitMs, 3)
     << " ms: " << percent(whole.limitMs / profile.minMs) << " of what the machine could do";
  if (cells.filtered)
    os << "; " << percent(whole.nominalLimitMs / profile.minMs) << " if it did every multiplication that the definitions have";
  os << "; weights come from " << profile.weightsFrom << '\n';
  printPeak(profile.peak, os);
}

json cnnc::toJson(const Profile &profile) {
  json launches = json::array(), kinds = json::array();
  const auto common = [](const ProfileSum &sum) -> json {
    return {{"min_ms", sum.minMs},
            {"median_ms", sum.medianMs},
            {"share", sum.share},
            {"gflops", sum.flops / (sum.minMs * 1e6)},
            {"done_gflops", sum.done / (sum.minMs * 1e6)},
            {"bytes", sum.bytes},
            {"gb_s", sum.bytes / (sum.minMs * 1e6)},
            {"limit_ms", sum.limitMs},
            {"limit_share", sum.limitMs / sum.minMs}};
  };
  for (const LaunchProfile &launch : profile.launches) {
    json row = common(alone(launch));
    row.update({{"layer", launch.work.layer},
                {"kernel", launch.work.kernel},
                {"schedule", launch.work.schedule},
                {"shape", launch.work.shape},
                {"bound", launch.limit.bound}});
    launches.push_back(std::move(row));
  }
  for (const auto &[kind, sum] : profile.kinds()) {
    json row = common(sum);
    row.update({{"kernel", kind}, {"launches", sum.launches}});
    kinds.push_back(std::move(row));
  }
  const ProfileSum whole = profile.whole();
  return {{"network", profile.network},
          {"target", profile.target},
          {"threads", profile.peak.threads},
          {"batch", profile.batch},
          {"runs", profile.runs},
          {"min_ms", profile.minMs},
          {"median_ms", profile.medianMs},
          {"limit_ms", whole.limitMs},
          {"nominal_limit_ms", whole.nominalLimitMs},
          {"weights_from", profile.weightsFrom},
          {"launches", std::move(launches)},
          {"kernels", std::move(kinds)},
          {"peak", toJson(profile.peak)}};
}
