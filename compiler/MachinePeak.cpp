// What a machine does at most, measured. Test: test/compiler/machine_peak_test.cpp.
#include "compiler/MachinePeak.h"

#include "compiler/Progress.h"
#include "compiler/Table.h"
#include "compiler/Targets.h"
#include "compiler/Threads.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <functional>
#include <sched.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

using namespace cnnc;
using Clock = std::chrono::steady_clock;

namespace {

// A block of work is short, so that some find all threads undisturbed.
constexpr int64_t kStepsABlock = 1 << 16;
constexpr int64_t kBytesABlock = int64_t(8) << 20;         // of each thread
constexpr int64_t kLeastMemoryBuffer = int64_t(256) << 20; // beyond any cache
constexpr int64_t kSums = 12;                              // apart, so that none waits for the one before, and few enough for 16 registers
constexpr auto kPatience = std::chrono::milliseconds(600); // a measurement ends when no block was faster by a hundredth for so long
constexpr auto kLongest = std::chrono::seconds(4);

template <int64_t bytes> struct Lanes {
  typedef float Vector __attribute__((vector_size(bytes)));
};

// kSums sums apart, each of `steps` multiply-adds. Inlined into functions whose target has such vectors.
template <int64_t bytes> [[gnu::always_inline]] inline float multiplyAdds(int64_t steps) {
  using Vector = typename Lanes<bytes>::Vector;
  const Vector factor = Vector{} + 0.5f, addend = Vector{} + 1.0f;
  Vector sums[kSums];
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < kSums; ++i)
    sums[i] = Vector{} + static_cast<float>(steps + i); // constants would show that sums meet
  for (int64_t step = 0; step < steps; ++step) {
#pragma clang loop unroll(full)
    for (int64_t i = 0; i < kSums; ++i)
      sums[i] = sums[i] * factor + addend;
  }
  Vector all{};
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < kSums; ++i)
    all += sums[i];
  return all[0];
}

// Reads a piece of kSums vectors and more, `count` floats.
template <int64_t bytes> [[gnu::always_inline]] inline float readStream(const float *data, int64_t count) {
  using Vector = typename Lanes<bytes>::Vector;
  constexpr int64_t lanes = bytes / static_cast<int64_t>(sizeof(float));
  Vector sums[kSums] = {};
  for (int64_t at = 0; at + kSums * lanes <= count; at += kSums * lanes) {
    const auto *vectors = reinterpret_cast<const Vector *>(data + at);
#pragma clang loop unroll(full)
    for (int64_t i = 0; i < kSums; ++i)
      sums[i] += vectors[i];
  }
  Vector all{};
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < kSums; ++i)
    all += sums[i];
  return all[0];
}

/// The two loops for one width of vectors.
struct Loops {
  int64_t vectorBits;
  float (*multiplyAdds)(int64_t steps);
  float (*readStream)(const float *data, int64_t count);
};

float multiplyAdds128(int64_t steps) { return multiplyAdds<16>(steps); }
float readStream128(const float *data, int64_t count) { return readStream<16>(data, count); }
#ifdef __x86_64__
[[gnu::target("avx2,fma")]] float multiplyAdds256(int64_t steps) { return multiplyAdds<32>(steps); }
[[gnu::target("avx2,fma")]] float readStream256(const float *data, int64_t count) { return readStream<32>(data, count); }
[[gnu::target("avx512f")]] float multiplyAdds512(int64_t steps) { return multiplyAdds<64>(steps); }
[[gnu::target("avx512f")]] float readStream512(const float *data, int64_t count) { return readStream<64>(data, count); }
#endif

constexpr int64_t kProductsOfTiles = 4; // apart; a product is of 16 x 32 and 32 x 16 numbers
#ifdef __x86_64__
[[gnu::target("amx-tile,amx-bf16")]] float multiplyTiles(int64_t steps) {
  alignas(64) uint8_t config[64] = {1}; // palette; then bytes of a row, from 16, and rows, from 48, of each register
  for (size_t tile = 0; tile < 8; ++tile)
    config[16 + 2 * tile] = 64, config[48 + tile] = 16;
  _tile_loadconfig(config);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
  for (int64_t step = 0; step < steps; ++step) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return 0;
}
#else
float multiplyTiles(int64_t) { return 0; }
#endif

Loops loopsOf(const Target &target) {
#ifdef __x86_64__
  if (target.vectorBits >= 512)
    return {512, multiplyAdds512, readStream512};
  if (target.vectorBits >= 256)
    return {256, multiplyAdds256, readStream256};
#endif
  return {128, multiplyAdds128, readStream128};
}

volatile float sink; // what the loops compute is used

/// Threads that start each piece of work together.
class Crew {
public:
  explicit Crew(int threads) : threads(threads) {}

  /// The least seconds in which every thread has done `work(thread)` once, of many tries.
  double bestOf(const std::function<float(int)> &work) const {
    std::vector<Clock::time_point> begins(static_cast<size_t>(threads)), ends(begins);
    double best = 0;
    bool done = false;
    const auto last = Clock::now() + kLongest;
    auto until = last;
    const auto finished = [&]() noexcept {
      const double seconds = std::chrono::duration<double>(*std::ranges::max_element(ends) - *std::ranges::min_element(begins)).count();
      if (best == 0 || seconds < 0.99 * best)
        until = std::min(last, Clock::now() + kPatience);
      best = best == 0 ? seconds : std::min(best, seconds);
      done = Clock::now() >= until;
    };
    std::barrier<> start(threads);
    std::barrier end(threads, finished);
    const auto member = [&](int thread) {
      while (!done) {
        start.arrive_and_wait();
        begins[static_cast<size_t>(thread)] = Clock::now();
        sink = work(thread);
        ends[static_cast<size_t>(thread)] = Clock::now();
        end.arrive_and_wait();
      }
    };
    std::vector<std::thread> members;
    for (int thread = 0; thread < threads; ++thread) {
      members.emplace_back(member, thread);
      place(members.back(), thread);
    }
    for (std::thread &thread : members)
      thread.join();
    return best;
  }

  const int threads;

private:
  // As many threads as CPUs have one each: two that met on one would stay there.
  void place(std::thread &thread, int number) const {
    cpu_set_t mine, one;
    if (::sched_getaffinity(0, sizeof mine, &mine) != 0 || CPU_COUNT(&mine) != threads)
      return;
    int cpu = 0;
    for (int before = -1; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &mine) && ++before == number)
        break;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ::pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
  }
};

/// Floats in large pages where the system has them; empty when there is no memory.
class Buffer {
public:
  explicit Buffer(int64_t bytes) : bytes(bytes), data(::mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (data == MAP_FAILED)
      return;
    ::madvise(data, static_cast<size_t>(bytes), MADV_HUGEPAGE);
    std::fill_n(floats(), bytes / static_cast<int64_t>(sizeof(float)), 1.0f); // pages that were never written are one page of zeros
  }
  ~Buffer() {
    if (data != MAP_FAILED)
      ::munmap(data, static_cast<size_t>(bytes));
  }
  Buffer(const Buffer &) = delete;
  float *floats() const { return data == MAP_FAILED ? nullptr : static_cast<float *>(data); }

private:
  int64_t bytes;
  void *data;
};

// Reads a buffer of `bytes`, each thread its part of it, from end to end again and again.
std::optional<double> bandwidthOf(const Crew &crew, const Loops &loops, int64_t bytes) {
  const int64_t part = bytes / crew.threads / 4096 * 4096;
  const Buffer buffer(part * crew.threads);
  if (!buffer.floats())
    return std::nullopt;
  std::vector<int64_t> places(static_cast<size_t>(crew.threads));
  const double seconds = crew.bestOf([&](int thread) {
    int64_t &place = places[static_cast<size_t>(thread)], size = static_cast<int64_t>(sizeof(float));
    float sum = 0;
    for (int64_t left = kBytesABlock, piece = 0; left > 0; left -= piece) {
      piece = std::min(left, part - place);
      sum += loops.readStream(buffer.floats() + (thread * part + place) / size, piece / size);
      place = (place + piece) % part;
    }
    return sum;
  });
  return static_cast<double>(kBytesABlock * crew.threads) / seconds;
}

// L2 is each thread's own, L3 is shared by all.
std::vector<MemoryLevel> levelsToRead(const Target &target, int threads) {
  const int64_t page = ::sysconf(_SC_PAGESIZE), total = page * ::sysconf(_SC_PHYS_PAGES), free = page * ::sysconf(_SC_AVPHYS_PAGES);
  int64_t l2 = target.l2Bytes, l3 = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  if (const int64_t known = ::sysconf(_SC_LEVEL2_CACHE_SIZE); known > 0)
    l2 = known;
  l3 = std::max<int64_t>(0, ::sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  l2 *= threads;
  std::vector<MemoryLevel> levels = {{"L2", l2, l2 / 2}};
  if (l3 >= 4 * l2)
    levels.push_back({"L3", l3, std::min(8 * l2, l3 / 2)});
  if (const int64_t buffer = std::max(kLeastMemoryBuffer, 2 * std::max(l2, l3)); buffer <= free / 2)
    levels.push_back({"memory", total, buffer});
  return levels;
}

} // namespace

const MemoryLevel &MachinePeak::levelFor(int64_t bytes) const {
  for (const MemoryLevel &level : levels)
    if (bytes <= level.capacity)
      return level;
  return levels.back();
}

MachinePeak cnnc::measurePeak(const Target &target, int threads) {
  const Crew crew(threadsFor(threads));
  const Loops loops = loopsOf(target);
  MachinePeak peak{.target = target.name, .threads = crew.threads, .vectorBits = loops.vectorBits, .levels = {}};
  const std::vector<MemoryLevel> levels = levelsToRead(target, crew.threads);
  const bool tiles = target.has("amx-bf16") && hostCanRun(target);
  const auto measurements = static_cast<int64_t>(1 + levels.size()) + (tiles ? 1 : 0);
  Progress progress("measuring the machine's peak");
  progress.update(0, measurements);
  const double seconds = crew.bestOf([&](int) { return loops.multiplyAdds(kStepsABlock); });
  progress.update(1, measurements);
  peak.flops = 2.0 * static_cast<double>(crew.threads * kStepsABlock * kSums * (loops.vectorBits / 32)) / seconds;
  int64_t done = 1;
  if (tiles) {
    const double seconds = crew.bestOf([&](int) { return multiplyTiles(kStepsABlock); });
    progress.update(++done, measurements);
    constexpr int64_t numbers = 16 * 16 * 32, productsEach = 3;
    peak.tileFlops = 2.0 * static_cast<double>(crew.threads * kStepsABlock * kProductsOfTiles * numbers / productsEach) / seconds;
  }
  for (MemoryLevel level : levels) {
    if (auto bandwidth = bandwidthOf(crew, loops, level.buffer)) {
      level.bandwidth = *bandwidth;
      peak.levels.push_back(std::move(level));
    }
    progress.update(++done, measurements);
  }
  return peak;
}

void cnnc::printPeak(const MachinePeak &peak, llvm::raw_ostream &os) {
  Table table({"the machine's peak", "reads", "rate", ""});
  table.add({"multiply-adds, " + std::to_string(peak.vectorBits) + "-bit vectors", "", fixed(peak.flops / 1e9, 1), "GFLOP/s"});
  if (peak.tileFlops > 0)
    table.add({"the same by products of bf16 pairs, tiles", "", fixed(peak.tileFlops / 1e9, 1), "GFLOP/s"});
  for (const MemoryLevel &level : peak.levels)
    table.add({level.name, bytesString(static_cast<uint64_t>(level.buffer)), fixed(level.bandwidth / 1e9, 1), "GB/s"});
  table.print(os);
}

nlohmann::json cnnc::toJson(const MachinePeak &peak) {
  nlohmann::json levels = nlohmann::json::array();
  for (const MemoryLevel &level : peak.levels)
    levels.push_back({{"name", level.name}, {"capacity_bytes", level.capacity}, {"buffer_bytes", level.buffer}, {"gb_s", level.bandwidth / 1e9}});
  return {
      {"target", peak.target}, {"threads", peak.threads}, {"vector_bits", peak.vectorBits}, {"gflops", peak.flops / 1e9}, {"tile_gflops", peak.tileFlops / 1e9},
      {"levels", levels}};
}

std::optional<MachinePeak> cnnc::peakFromJson(const nlohmann::json &document) {
  try {
    MachinePeak peak{document.at("target"),
                     document.at("threads"),
                     document.at("vector_bits"),
                     document.at("gflops").get<double>() * 1e9,
                     document.value("tile_gflops", 0.0) * 1e9,
                     {}};
    for (const nlohmann::json &level : document.at("levels"))
      peak.levels.push_back({level.at("name"), level.at("capacity_bytes"), level.at("buffer_bytes"), level.at("gb_s").get<double>() * 1e9});
    const bool sound = peak.threads > 0 && peak.flops > 0 && peak.tileFlops >= 0 && !peak.levels.empty() &&
                       std::ranges::all_of(peak.levels, [](const MemoryLevel &level) { return level.bandwidth > 0; });
    return sound ? std::optional(std::move(peak)) : std::nullopt;
  } catch (const nlohmann::json::exception &) {
    return std::nullopt;
  }
}
