// kernel-bench [--threads=N] [--target=v3|v4] [--space=N] [FILTER]: speed of the default schedules on the convolutions of known
// networks; with --space also of the first N candidates of the tuner.
#include "test/lowering/kernels/KernelHost.h"
#include "test/lowering/kernels/Regions.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

using namespace cnnc;
using namespace cnnc::kernels;
using namespace cnnc::kernels::test;

namespace {

struct Layer {
  const char *name;
  int64_t inputs, outputs, size, kernel, stride, groups;
  bool residual; ///< A residual add follows.
};

const Layer layers[] = {
    {"r50 stem 7x7/2", 3, 64, 224, 7, 2, 1, false},
    {"r50 1x1 64-64 56", 64, 64, 56, 1, 1, 1, false},
    {"r50 3x3 64 56", 64, 64, 56, 3, 1, 1, false},
    {"r50 1x1 64-256 56", 64, 256, 56, 1, 1, 1, true},
    {"r50 1x1 256-64 56", 256, 64, 56, 1, 1, 1, false},
    {"r50 1x1 256-128 56", 256, 128, 56, 1, 1, 1, false},
    {"r50 3x3/2 128 56", 128, 128, 56, 3, 2, 1, false},
    {"r50 1x1 128-512 28", 128, 512, 28, 1, 1, 1, true},
    {"r50 1x1/2 256-512 56", 256, 512, 56, 1, 2, 1, false},
    {"r50 1x1 512-128 28", 512, 128, 28, 1, 1, 1, false},
    {"r50 3x3 128 28", 128, 128, 28, 3, 1, 1, false},
    {"r50 1x1 512-256 28", 512, 256, 28, 1, 1, 1, false},
    {"r50 3x3/2 256 28", 256, 256, 28, 3, 2, 1, false},
    {"r50 1x1 256-1024 14", 256, 1024, 14, 1, 1, 1, true},
    {"r50 1x1/2 512-1024 28", 512, 1024, 28, 1, 2, 1, false},
    {"r50 1x1 1024-256 14", 1024, 256, 14, 1, 1, 1, false},
    {"r50 3x3 256 14", 256, 256, 14, 3, 1, 1, false},
    {"r50 1x1 1024-512 14", 1024, 512, 14, 1, 1, 1, false},
    {"r50 3x3/2 512 14", 512, 512, 14, 3, 2, 1, false},
    {"r50 1x1 512-2048 7", 512, 2048, 7, 1, 1, 1, true},
    {"r50 1x1/2 1024-2048 14", 1024, 2048, 14, 1, 2, 1, false},
    {"r50 1x1 2048-512 7", 2048, 512, 7, 1, 1, 1, false},
    {"r50 3x3 512 7", 512, 512, 7, 3, 1, 1, false},
    {"r18 3x3/2 64-128 56", 64, 128, 56, 3, 2, 1, false},
    {"r18 3x3/2 128-256 28", 128, 256, 28, 3, 2, 1, false},
    {"r18 3x3/2 256-512 14", 256, 512, 14, 3, 2, 1, false},
    {"mb2 stem 3x3/2", 3, 32, 224, 3, 2, 1, false},
    {"mb2 dw 32 112", 32, 32, 112, 3, 1, 32, false},
    {"mb2 1x1 32-16 112", 32, 16, 112, 1, 1, 1, false},
    {"mb2 1x1 16-96 112", 16, 96, 112, 1, 1, 1, false},
    {"mb2 dw/2 96 112", 96, 96, 112, 3, 2, 96, false},
    {"mb2 1x1 96-24 56", 96, 24, 56, 1, 1, 1, false},
    {"mb2 1x1 24-144 56", 24, 144, 56, 1, 1, 1, false},
    {"mb2 dw 144 56", 144, 144, 56, 3, 1, 144, false},
    {"mb2 1x1 144-24 56", 144, 24, 56, 1, 1, 1, true},
    {"mb2 1x1 192-32 28", 192, 32, 28, 1, 1, 1, true},
    {"mb2 dw 192 28", 192, 192, 28, 3, 1, 192, false},
    {"mb2 1x1 384-64 14", 384, 64, 14, 1, 1, 1, true},
    {"mb2 1x1 64-384 14", 64, 384, 14, 1, 1, 1, false},
    {"mb2 dw 384 14", 384, 384, 14, 3, 1, 384, false},
    {"mb2 1x1 576-96 14", 576, 96, 14, 1, 1, 1, true},
    {"mb2 1x1 160-960 7", 160, 960, 7, 1, 1, 1, false},
    {"mb2 dw 960 7", 960, 960, 7, 3, 1, 960, false},
    {"mb2 1x1 960-320 7", 960, 320, 7, 1, 1, 1, false},
    {"mb2 1x1 320-1280 7", 320, 1280, 7, 1, 1, 1, false},
    {"eff dw5 240 28", 240, 240, 28, 5, 1, 240, false},
    {"eff dw5/2 144 56", 144, 144, 56, 5, 2, 144, false},
    {"eff dw5 672 14", 672, 672, 14, 5, 1, 672, false},
};

KernelSpec specOf(const Layer &layer, const Target &target) {
  const int64_t pad = layer.kernel / 2, block = layer.inputs < 8 ? 1 : target.lanes();
  Region region;
  const int x = region.input({1, layer.inputs, layer.size, layer.size}, block, {pad, pad, pad, pad});
  int y = region.conv2d(x, {.outputs = layer.outputs,
                            .kernel = {layer.kernel, layer.kernel},
                            .stride = {layer.stride, layer.stride},
                            .pad = {pad, pad, pad, pad},
                            .groups = layer.groups,
                            .bias = true});
  if (layer.residual)
    y = region.add(y, region.input(region.shape(y), target.lanes()));
  region.unary("relu", y);
  return region.finish(target.lanes());
}

double secondsOf(Call &call, LoadedKernels::Entry entry) {
  using clock = std::chrono::steady_clock;
  auto run = [&](int times) {
    const auto start = clock::now();
    for (int i = 0; i < times; ++i)
      call(entry);
    return std::chrono::duration<double>(clock::now() - start).count() / times;
  };
  const double first = std::max(run(2), 1e-6);
  const int times = std::clamp(static_cast<int>(2e-3 / first), 2, 1000);
  double best = first;
  for (int round = 0; round < 12; ++round)
    best = std::min(best, run(times));
  return best;
}

} // namespace

int main(int argc, char **argv) {
  int threads = 2, candidates = 0;
  Target target = targetV4();
  std::string filter;
  for (int i = 1; i < argc; ++i) {
    if (!std::strncmp(argv[i], "--threads=", 10))
      threads = std::atoi(argv[i] + 10);
    else if (!std::strncmp(argv[i], "--space=", 8))
      candidates = std::atoi(argv[i] + 8);
    else if (!std::strcmp(argv[i], "--target=v3"))
      target = targetV3();
    else
      filter = argv[i];
  }
  target.l1Bytes = 48 << 10;
  target.l2Bytes = 2 << 20;
  setThreads(threads);
  std::vector<BuildRequest> requests;
  std::vector<const Layer *> origin;
  for (const Layer &layer : layers) {
    if (!std::string(layer.name).starts_with(filter))
      continue;
    const KernelSpec spec = specOf(layer, target);
    std::vector<Schedule> schedules = space(spec, target);
    schedules.resize(std::min<size_t>(schedules.size(), static_cast<size_t>(std::max(1, candidates))));
    for (Schedule &schedule : schedules) {
      requests.push_back({spec, schedule});
      origin.push_back(&layer);
    }
  }
  BuildStatistics statistics;
  auto objects = buildAll(requests, target, {}, &statistics);
  if (!objects) {
    std::fprintf(stderr, "%s\n", objects.error().c_str());
    return 1;
  }
  std::printf("%lld kernels, %lld from the cache, built in %.1f s\n", static_cast<long long>(statistics.unique), static_cast<long long>(statistics.cacheHits),
              statistics.seconds);
  const LoadedKernels kernels(*objects);
  double networkFlops = 0, networkSeconds = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    const KernelSpec &spec = requests[i].spec;
    std::vector<Elements> inputs;
    for (const TensorDesc &input : spec.inputs) {
      int64_t count = 1;
      for (int64_t extent : input.shape)
        count *= extent;
      inputs.emplace_back(static_cast<size_t>(count), 0.25);
    }
    Call call(spec, packedLayouts(spec, requests[i].schedule, target), inputs);
    const double seconds = secondsOf(call, kernels.entry((*objects)[i].symbol));
    const Layer &layer = *origin[i];
    const int64_t out = spec.output().shape[2] * spec.output().shape[3];
    const double flops = 2.0 * static_cast<double>(layer.inputs / layer.groups * layer.outputs * layer.kernel * layer.kernel * out);
    networkFlops += flops, networkSeconds += seconds;
    std::printf("%-24s %8.4f ms %7.1f GF/s  %s\n", layer.name, seconds * 1e3, flops / seconds * 1e-9, toString(requests[i].schedule).c_str());
    std::fflush(stdout);
  }
  std::printf("%-24s %8.4f ms %7.1f GF/s\n", "sum", networkSeconds * 1e3, networkFlops / networkSeconds * 1e-9);
  return 0;
}
