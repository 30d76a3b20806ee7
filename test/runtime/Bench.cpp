// runtime-bench [--threads=N] [--input=VALUE] [--seconds=S] LIBRARY...: what a compiled network spends outside of its kernels, with one thread and with N.
//
// Inputs are filled with VALUE. `inside` is what the tasks of all launches need: each launch's least time on one thread, divided by the threads where its
// loops are parallel. `outside` is the rest of a run: arguments, halos, handing loops to threads, waiting for the last one. Thread counts take turns.
#include "runtime/cnnc.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

using namespace cnnc;

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Least time between two readings of the clock that `profile` uses, which it counts as part of a launch.
double clockSeconds() {
  double least = 1;
  for (int i = 0; i < 100000; ++i) {
    const auto begin = Clock::now();
    least = std::min(least, seconds(Clock::now() - begin));
  }
  return least;
}

/// Which launches have a parallel loop, found by a run on the host's loop.
struct Loops {
  std::vector<char> parallel;
  bool seen = false;

  static int loop(void *user, cnnc_task task, void *context, int32_t begin, int32_t count, uint8_t *closure) {
    static_cast<Loops *>(user)->seen = true;
    int error = 0;
    for (int32_t i = begin; i < begin + count && error == 0; ++i)
      error = task(context, i, closure);
    return error;
  }
  static void trace(void *user, const cnnc_trace_event *) {
    auto *loops = static_cast<Loops *>(user);
    loops->parallel.push_back(loops->seen);
    loops->seen = false;
  }
};

/// A library with buffers for one image.
struct Network {
  Network(const char *path, float value) : library(Library::open(path)) {
    const cnnc_info &info = library.info();
    auto tensors = [&](const cnnc_tensor_info *tensor, int32_t count, std::vector<Tensor> &list) {
      for (; count > 0; --count, ++tensor) {
        int64_t elements = 1;
        const std::vector<int64_t> shape = shapeAt(*tensor, 1);
        for (int64_t extent : shape)
          elements *= extent;
        // 32-bit words hold any type's elements; integers get zeros.
        memory.emplace_back(static_cast<size_t>(elements) * std::max(tensor->dtype.bits / 32, 1), tensor->dtype.code == kDLFloat ? value : 0.0f);
        list.emplace_back(memory.back().data(), tensor->dtype, shape);
      }
    };
    tensors(info.inputs, info.num_inputs, inputs);
    tensors(info.outputs, info.num_outputs, outputs);
  }
  void run(const Model &model) const { model.run(inputs, outputs); }

  Library library;
  std::vector<std::vector<float>> memory;
  std::vector<Tensor> inputs, outputs;
};

/// Seconds of each launch on one thread.
std::vector<double> launchSeconds(const Network &network, Model &model, double budget) {
  model.profile(true);
  for (const auto end = Clock::now() + std::chrono::duration<double>(budget); Clock::now() < end;)
    network.run(model);
  const double clock = clockSeconds();
  std::vector<double> result;
  for (const cnnc_profile_entry &entry : model.profile())
    result.push_back(std::max(0.0, static_cast<double>(entry.min_ns) * 1e-9 - clock));
  model.profile(false);
  return result;
}

/// Blocks of runs, a model's at a time; each model's least seconds of a run.
std::vector<double> leastSeconds(const Network &network, const std::vector<const Model *> &models, double budget) {
  std::vector<double> least(models.size(), 1e9);
  for (const auto end = Clock::now() + std::chrono::duration<double>(budget); Clock::now() < end;)
    for (size_t m = 0; m < models.size(); ++m) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2)); // the other model's threads fall asleep
      network.run(*models[m]);
      for (const auto block = Clock::now() + std::chrono::milliseconds(20); Clock::now() < block;) {
        const auto begin = Clock::now();
        network.run(*models[m]);
        least[m] = std::min(least[m], seconds(Clock::now() - begin));
      }
    }
  return least;
}

void bench(const char *path, int threads, float value, double budget) {
  const Network network(path, value);
  Loops loops;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = &loops;
  hooks.parallel_for = Loops::loop;
  hooks.trace = Loops::trace;
  network.run(Model(network.library, {2, &hooks, ""}));

  Model alone(network.library, {1, nullptr, ""}), together(network.library, {threads, nullptr, ""});
  const std::vector<double> launches = launchSeconds(network, alone, budget / 4);
  const std::vector<double> least = leastSeconds(network, {&alone, &together}, budget);
  const auto count = static_cast<double>(launches.size());
  std::printf("%s: %zu launches, %td with parallel loops\n", network.library.info().name, launches.size(),
              std::count(loops.parallel.begin(), loops.parallel.end(), 1));
  std::printf("  threads    run us  a launch us  inside us  outside us\n");
  for (int t = 0; t < 2; ++t) {
    const int divisor = t == 0 ? 1 : threads;
    double inside = 0;
    for (size_t i = 0; i < launches.size(); ++i)
      inside += launches[i] / (loops.parallel[i] ? divisor : 1);
    std::printf("  %7d  %8.1f  %11.3f  %9.3f  %10.3f\n", divisor, least[t] * 1e6, least[t] * 1e6 / count, inside * 1e6 / count,
                (least[t] - inside) * 1e6 / count);
  }
}

} // namespace

int main(int argc, char **argv) {
  int threads = 2;
  float value = 0.25f;
  double budget = 4;
  std::vector<const char *> paths;
  for (int i = 1; i < argc; ++i) {
    if (!std::strncmp(argv[i], "--threads=", 10))
      threads = std::atoi(argv[i] + 10);
    else if (!std::strncmp(argv[i], "--input=", 8))
      value = std::strtof(argv[i] + 8, nullptr);
    else if (!std::strncmp(argv[i], "--seconds=", 10))
      budget = std::atof(argv[i] + 10);
    else
      paths.push_back(argv[i]);
  }
  if (paths.empty()) {
    std::fprintf(stderr, "usage: runtime-bench [--threads=N] [--input=VALUE] [--seconds=S] LIBRARY...\n");
    return 2;
  }
  try {
    for (const char *path : paths)
      bench(path, threads, value, budget);
  } catch (const Error &error) {
    std::fprintf(stderr, "runtime-bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
