// kernel-bench [--threads=N] [--target=v3|v4|amx] [--accuracy=strict|default|fast] [--space=N] [--schedule=NAME] [--rounds=N] [--cold=MIB] [--cold-activations]
// [--set=KNOB=VALUE,...]... [--counted=ROWS] [--cache=FOLDER] [FILTER]: speed of the default schedules on the convolutions of known networks and the dense
// layers of detectors' heads, with the estimated cycles; with --space also of the first N candidates of the tuner; --set changes knobs, to each of several
// values in turn; --schedule, as often as wanted, takes the first N candidates of a template, or with --set one of no other knobs; with --counted the rows are
// a bound and calls ask for so many; with --cold calls take turns with as many copies of the weights (and activations, if asked for) as fill MIB, so that none
// finds them in L2.
#include "lowering/kernels/Registry.h"
#include "test/lowering/kernels/KernelHost.h"
#include "test/lowering/kernels/Regions.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <sstream>

using namespace cnnc;
using namespace cnnc::kernels;
using namespace cnnc::kernels::test;

namespace {

struct Layer {
  const char *name;
  int64_t inputs, outputs, size, rows, columns, stride, groups; ///< `rows` x `columns`: the window.
  int64_t pad;                                                  ///< On every side; -1: half the window.
  bool residual;                                                ///< A residual add follows.
  int64_t batch = 1;                                            ///< Rows of dimension 0.
  bool transposed = false;                                      ///< A transposed convolution without pads; `pad` is 0.
};

const Layer layers[] = {
#include "test/lowering/kernels/BenchLayers.inc"
};

KernelSpec specOf(const Layer &layer, const Target &target) {
  const int64_t block = layer.inputs < target.lanes() / 2 ? 1 : target.lanes();
  const int64_t padY = layer.pad < 0 ? layer.rows / 2 : layer.pad, padX = layer.pad < 0 ? layer.columns / 2 : layer.pad;
  Region region;
  if (layer.transposed) {
    const int x = region.input({layer.batch, layer.inputs, layer.size, layer.size}, block, {1, 1, 1, 1});
    region.unary("relu", region.convTranspose2d(
                             x, {.outputs = layer.outputs, .kernel = {layer.rows, layer.columns}, .stride = {layer.stride, layer.stride}, .bias = true}));
    return region.finish(target.lanes());
  }
  const int x = region.input({layer.batch, layer.inputs, layer.size, layer.size}, block, {padY, padX, padY, padX});
  int y = region.conv2d(x, {.outputs = layer.outputs,
                            .kernel = {layer.rows, layer.columns},
                            .stride = {layer.stride, layer.stride},
                            .pad = {padY, padX, padY, padX},
                            .groups = layer.groups,
                            .bias = true});
  if (layer.residual)
    y = region.add(y, region.input(region.shape(y), target.lanes()));
  region.unary("relu", y);
  return region.finish(target.lanes());
}

/// A depthwise 3x3 convolution with a pointwise one after it; relu follows each.
struct Chain {
  const char *name;
  int64_t inputs, outputs, size, stride;
};

const Chain chains[] = {
    {"mb1 dw+1x1 32-64 112", 32, 64, 112, 1},     {"mb1 dw/2+1x1 64-128 112", 64, 128, 112, 2},   {"mb1 dw+1x1 128-128 56", 128, 128, 56, 1},
    {"mb1 dw/2+1x1 128-256 56", 128, 256, 56, 2}, {"mb1 dw+1x1 256-256 28", 256, 256, 28, 1},     {"mb1 dw/2+1x1 256-512 28", 256, 512, 28, 2},
    {"mb1 dw+1x1 512-512 14", 512, 512, 14, 1},   {"mb1 dw/2+1x1 512-1024 14", 512, 1024, 14, 2}, {"mb1 dw+1x1 1024-1024 7", 1024, 1024, 7, 1},
    {"mb2 dw+1x1 32-16 112", 32, 16, 112, 1},     {"mb2 dw/2+1x1 96-24 112", 96, 24, 112, 2},     {"mb2 dw+1x1 144-24 56", 144, 24, 56, 1},
    {"mb2 dw/2+1x1 144-32 56", 144, 32, 56, 2},   {"mb2 dw+1x1 192-32 28", 192, 32, 28, 1},       {"mb2 dw+1x1 384-64 14", 384, 64, 14, 1},
    {"mb2 dw+1x1 576-96 14", 576, 96, 14, 1},     {"mb2 dw+1x1 960-160 7", 960, 160, 7, 1},
};

/// The chain in one kernel, or its first or second convolution alone.
KernelSpec specOf(const Chain &chain, const Target &target, bool first, bool second) {
  Region region;
  int x = region.input({1, chain.inputs, chain.size, chain.size}, target.lanes(), {1, 1, 1, 1});
  if (first)
    x = region.unary(
        "relu",
        region.conv2d(
            x, {.outputs = chain.inputs, .kernel = {3, 3}, .stride = {chain.stride, chain.stride}, .pad = {1, 1, 1, 1}, .groups = chain.inputs, .bias = true}));
  else
    x = region.input({1, chain.inputs, chain.size / chain.stride, chain.size / chain.stride}, target.lanes());
  if (first && second)
    region.layout(x, target.lanes());
  if (second)
    region.unary("relu", region.conv2d(x, {.outputs = chain.outputs, .bias = true}));
  return region.finish(target.lanes(), second ? Halo{1, 1, 1, 1} : Halo{});
}

/// Dense layers: regions of a detector, or images of a classifier, times inputs to outputs; relu follows.
struct DenseLayer {
  const char *name;
  int64_t rows, inputs, outputs;
};

const DenseLayer denseLayers[] = {
    {"head 1000x12544-1024", 1000, 12544, 1024}, {"head 1000x1024-1024", 1000, 1024, 1024}, {"head 1000x1024-91", 1000, 1024, 91},
    {"head 1000x1024-364", 1000, 1024, 364},     {"head 300x25088-4096", 300, 25088, 4096}, {"head 300x4096-4096", 300, 4096, 4096},
    {"head 100x12544-1024", 100, 12544, 1024},   {"head 100x1024-1024", 100, 1024, 1024},   {"head 32x12544-1024", 32, 12544, 1024},
    {"head 32x1024-1024", 32, 1024, 1024},       {"head 8x12544-1024", 8, 12544, 1024},     {"head 8x1024-1024", 8, 1024, 1024},
    {"fc 4x2048-1000", 4, 2048, 1000},           {"fc 8x2048-1000", 8, 2048, 1000},         {"fc 14x2048-1000", 14, 2048, 1000},
    {"fc 16x2048-1000", 16, 2048, 1000},         {"fc 16x9216-4096", 16, 9216, 4096},       {"fc 14x9216-4096", 14, 9216, 4096},
    {"fc 12x9216-4096", 12, 9216, 4096},         {"fc 6x9216-4096", 6, 9216, 4096},         {"fc 8x4096-1000", 8, 4096, 1000},
};

KernelSpec specOf(const DenseLayer &layer) {
  Region region;
  region.unary("relu", region.dense(region.input({layer.rows, layer.inputs}), layer.outputs));
  return region.finish();
}

/// A kernel to be measured.
struct Work {
  std::string name;
  KernelSpec spec;
  double flops;
  int64_t rows = 0; ///< That a counted kernel is called for; 0: it is not counted.
};

/// Those whose names start with `filter`.
std::vector<Work> workFor(const Target &target, Accuracy accuracy, int64_t counted, const std::string &filter) {
  std::vector<Work> list;
  auto add = [&](const char *name, KernelSpec spec, int64_t macs) {
    if (!std::string(name).starts_with(filter))
      return;
    spec.accuracy = accuracy;
    spec.counted = counted > 0;
    const int64_t bound = spec.output().shape[0], rows = std::min(counted, bound);
    list.push_back({name, std::move(spec), 2.0 * static_cast<double>(counted > 0 ? macs / bound * rows : macs), rows});
  };
  for (const Layer &layer : layers) {
    KernelSpec spec = specOf(layer, target);
    const int64_t cells = layer.transposed ? layer.size * layer.size : spec.output().shape[2] * spec.output().shape[3];
    add(layer.name, std::move(spec), layer.batch * layer.inputs / layer.groups * layer.outputs * layer.rows * layer.columns * cells);
  }
  for (const Chain &chain : chains) {
    const int64_t cells = chain.size / chain.stride * (chain.size / chain.stride), first = chain.inputs * 9 * cells,
                  second = chain.inputs * chain.outputs * cells;
    add(chain.name, specOf(chain, target, true, true), first + second);
    add((std::string(chain.name) + ", first").c_str(), specOf(chain, target, true, false), first);
    add((std::string(chain.name) + ", second").c_str(), specOf(chain, target, false, true), second);
  }
  for (const DenseLayer &layer : denseLayers)
    add(layer.name, specOf(layer), layer.rows * layer.inputs * layer.outputs);
  return list;
}

/// Every variant with every value of "KNOB=VALUE,VALUE..."; "A+B=1+2,3+4" changes two knobs at a time.
std::vector<std::map<std::string, int64_t>> variantsOf(const std::string &text, const std::vector<std::map<std::string, int64_t>> &variants) {
  const auto split = [](const std::string &list, char separator) {
    std::vector<std::string> parts;
    for (std::stringstream stream(list); stream.good();)
      std::getline(stream, parts.emplace_back(), separator);
    return parts;
  };
  const size_t equals = text.find('=');
  const std::vector<std::string> knobs = split(text.substr(0, equals), '+');
  std::vector<std::map<std::string, int64_t>> product;
  for (const auto &variant : variants)
    for (const std::string &values : split(equals == std::string::npos ? "" : text.substr(equals + 1), ',')) {
      product.push_back(variant);
      const std::vector<std::string> value = split(values, '+');
      for (size_t k = 0; k < std::min(knobs.size(), value.size()); ++k)
        product.back()[knobs[k]] = std::atoll(value[k].c_str());
    }
  return product;
}

/// Of a call's inputs, weights included, and its result.
int64_t bytesOf(const KernelSpec &spec) {
  int64_t bytes = 0;
  for (const TensorDesc &input : spec.inputs)
    bytes += input.physicalElements() * 4;
  return bytes + spec.output().physicalElements() * 4;
}

/// One measured kernel. Rounds of all kernels alternate, so that the machine's moods meet every one of them.
struct Measured {
  const Work *work;
  const BuildRequest *request;
  std::vector<std::unique_ptr<Call>> calls; ///< In turns: each has memory of its own.
  LoadedKernels::Entry entry;
  size_t next = 0;
  int times = 0;
  double best = 1e9;

  void call() {
    Call &one = *calls[next++ % calls.size()];
    if (work->rows > 0)
      one(entry, work->rows);
    else
      one(entry);
  }
  void round() {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    for (int i = 0; i < std::max(times, 1); ++i)
      call();
    const double seconds = std::chrono::duration<double>(clock::now() - start).count() / std::max(times, 1);
    if (times > 0)
      best = std::min(best, seconds);
    else
      times = std::clamp(static_cast<int>(2e-3 / std::max(seconds, 1e-6)), 2, 1000);
  }
};

} // namespace

int main(int argc, char **argv) {
  int threads = 2, candidates = 0, rounds = 20;
  int64_t coldBytes = 0, counted = 0;
  bool coldActivations = false;
  Target target = targetV4();
  Accuracy accuracy = Accuracy::standard;
  BuildOptions options;
  std::string filter;
  std::vector<std::string> named;
  std::vector<std::map<std::string, int64_t>> variants = {{}};
  for (int i = 1; i < argc; ++i) {
    if (!std::strncmp(argv[i], "--threads=", 10))
      threads = std::atoi(argv[i] + 10);
    else if (!std::strncmp(argv[i], "--space=", 8))
      candidates = std::atoi(argv[i] + 8);
    else if (!std::strncmp(argv[i], "--rounds=", 9))
      rounds = std::atoi(argv[i] + 9);
    else if (!std::strcmp(argv[i], "--cold-activations"))
      coldActivations = true;
    else if (!std::strncmp(argv[i], "--cold=", 7))
      coldBytes = std::atoll(argv[i] + 7) << 20;
    else if (!std::strncmp(argv[i], "--counted=", 10))
      counted = std::atoll(argv[i] + 10);
    else if (!std::strncmp(argv[i], "--set=", 6))
      variants = variantsOf(argv[i] + 6, variants);
    else if (!std::strncmp(argv[i], "--schedule=", 11))
      named.emplace_back(argv[i] + 11);
    else if (!std::strcmp(argv[i], "--accuracy=strict"))
      accuracy = Accuracy::strict;
    else if (!std::strcmp(argv[i], "--accuracy=fast"))
      accuracy = Accuracy::fast;
    else if (!std::strncmp(argv[i], "--cache=", 8))
      options.cacheFolder = argv[i] + 8;
    else if (!std::strcmp(argv[i], "--target=v3"))
      target = targetV3();
    else if (!std::strcmp(argv[i], "--target=amx"))
      target = targetAmx();
    else
      filter = argv[i];
  }
  target.l1Bytes = 32 << 10; // of the shipped targets
  target.l2Bytes = target.has("avx512f") ? 1 << 20 : 512 << 10;
  if (!canRun(target)) {
    std::fprintf(stderr, "this machine does not run code for %s\n", target.name.c_str());
    return 1;
  }
  setThreads(threads);
  std::vector<BuildRequest> requests;
  std::vector<const Work *> origin;
  const std::vector<Work> works = workFor(target, accuracy, counted, filter);
  if (works.empty()) {
    std::fprintf(stderr, "no layer's name begins with '%s'\n", filter.c_str());
    return 1;
  }
  for (const Work &work : works) {
    const KernelSpec &spec = work.spec;
    const auto first = [&](std::vector<Schedule> list, std::vector<Schedule> *into) {
      list.resize(std::min<size_t>(list.size(), static_cast<size_t>(std::max(1, candidates))));
      into->insert(into->end(), list.begin(), list.end());
    };
    std::vector<Schedule> schedules;
    for (const std::string &name : named)
      first(variants.front().empty() ? findTemplate(name)->space(spec, target) : std::vector<Schedule>{{name, {}}}, &schedules);
    if (named.empty())
      first(space(spec, target), &schedules);
    for (const Schedule &schedule : schedules)
      for (const auto &variant : variants) {
        Schedule changed = schedule;
        for (const auto &[knob, value] : variant)
          changed.knobs[knob] = value;
        if (illegal(spec, changed, target))
          continue;
        requests.push_back({spec, std::move(changed)});
        origin.push_back(&work);
      }
  }
  if (requests.empty()) {
    std::fprintf(stderr, "no such schedule is legal for these layers\n");
    return 1;
  }
  BuildStatistics statistics;
  auto objects = buildAll(requests, target, options, &statistics);
  if (!objects) {
    std::fprintf(stderr, "%s\n", objects.error().c_str());
    return 1;
  }
  std::printf("%lld kernels, %lld from the cache, built in %.1f s\n", static_cast<long long>(statistics.unique), static_cast<long long>(statistics.cacheHits),
              statistics.seconds);
  const LoadedKernels kernels(*objects);
  std::vector<Measured> measured;
  for (size_t i = 0; i < requests.size(); ++i) {
    const KernelSpec &spec = requests[i].spec;
    std::vector<Elements> inputs;
    for (const TensorDesc &input : spec.inputs) {
      int64_t count = 1;
      for (int64_t extent : input.shape)
        count *= extent;
      inputs.emplace_back(static_cast<size_t>(count), 0.25);
    }
    std::vector<std::unique_ptr<Call>> calls;
    for (int64_t left = std::max<int64_t>(coldBytes, 1); left > 0; left -= bytesOf(spec)) {
      calls.push_back(std::make_unique<Call>(spec, packedLayouts(spec, requests[i].schedule, target), inputs));
      if (!coldActivations)
        calls.back()->shareActivations(spec, *calls.front());
    }
    measured.push_back({origin[i], &requests[i], std::move(calls), kernels.entry((*objects)[i].symbol)});
    measured.back().round();
  }
  for (int round = 0; round < rounds; ++round)
    for (Measured &one : measured)
      one.round();
  double networkFlops = 0, networkSeconds = 0;
  for (const Measured &one : measured) {
    const double flops = one.work->flops;
    networkFlops += flops, networkSeconds += one.best;
    const Template &made = *findTemplate(one.request->schedule.name);
    const double estimate = made.cycles ? made.cycles(one.request->spec, one.request->schedule, target) : 0;
    std::printf("%-24s %8.4f ms %7.1f GF/s %8.0f kcycles  %s\n", one.work->name.c_str(), one.best * 1e3, flops / one.best * 1e-9, estimate * 1e-3,
                toString(one.request->schedule).c_str());
  }
  std::printf("%-24s %8.4f ms %7.1f GF/s\n", "sum", networkSeconds * 1e3, networkFlops / networkSeconds * 1e-9);
  return 0;
}
