// The targets that --target names: the x86-64 psABI levels.
#include "compiler/Targets.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace cnnc;

const std::vector<TargetEntry> &cnnc::knownTargets() {
  static const std::vector<TargetEntry> targets = [] {
    const std::vector<std::string> v2 = {"sse4.1"}, v3 = {"avx", "avx2", "bmi2", "f16c", "fma", "sse4.1"},
                                   v4 = {"avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "bmi2", "f16c", "fma", "sse4.1"};
    auto make = [](const char *name, const std::vector<std::string> &features, int64_t bits, int64_t registers, int64_t l1, int64_t l2) {
      return Target{name, "x86_64-pc-linux-gnu", name, features, bits, registers, l1, l2};
    };
    const Target avx512 = make("x86-64-v4", v4, 512, 32, 32 << 10, 1 << 20);
    Target zen = avx512, amx = avx512;
    zen.name = "x86-64-v4-zen";
    zen.tune = "znver4";
    amx.name = "x86-64-v4-amx";
    amx.features.insert(amx.features.begin(), {"amx-bf16", "amx-tile"});
    return std::vector<TargetEntry>{
        {make("x86-64-v2", v2, 128, 16, 32 << 10, 256 << 10), "SSE4.1: any x86-64 since about 2009"},
        {make("x86-64-v3", v3, 256, 16, 32 << 10, 512 << 10), "AVX2, FMA, F16C: Haswell, Zen and later"},
        {avx512, "AVX-512 F/BW/CD/DQ/VL: Skylake-SP, Zen 4 and later"},
        {zen, "x86-64-v4, with schedules for AMD's caches: Zen 4 and later"},
        {amx, "x86-64-v4 and AMX tiles of bf16, on Linux: Sapphire Rapids and later"},
    };
  }();
  return targets;
}

/// Linux withholds the tile registers until a process asks for them, and may refuse.
static bool mayUseTiles() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr int request = 0x1023, tileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request, tileData) == 0;
#else
  return false;
#endif
}

bool cnnc::hostCanRun(const Target &target) {
  if (!llvm::StringRef(llvm::sys::getDefaultTargetTriple()).starts_with("x86_64"))
    return false;
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  for (const std::string &feature : target.features)
    if (!host.lookup(feature))
      return false;
  return !target.has("amx-tile") || mayUseTiles();
}

std::optional<Target> cnnc::findTarget(const std::string &name) {
  const auto &targets = knownTargets();
  const bool onZen = llvm::sys::getHostCPUName().starts_with("znver");
  for (auto it = targets.rbegin(); it != targets.rend(); ++it)
    if (name == it->target.name || (name == "host" && (onZen || !it->target.isZen()) && hostCanRun(it->target)))
      return it->target;
  return std::nullopt;
}
