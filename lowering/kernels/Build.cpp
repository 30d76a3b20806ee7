#include "lowering/kernels/Build.h"

#include "lowering/kernels/BuilderDigest.h"
#include "lowering/kernels/Codegen.h"
#include "lowering/kernels/Elf.h"
#include "lowering/kernels/Hash.h"
#include "lowering/kernels/Isolate.h"
#include "lowering/kernels/OutputLoads.h"
#include "lowering/kernels/PermuteLoads.h"
#include "lowering/kernels/Pipeline.h"
#include "lowering/kernels/Prefetch.h"
#include "lowering/kernels/ScratchUse.h"
#include "lowering/kernels/TileProducts.h"
#include "lowering/kernels/UnswitchTails.h"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace cnnc::kernels {
namespace {

/// Turns Halide's own reporting into exceptions and drops its warnings. The bounds that keep a halo unwritten are one of them.
class Reporter final : public Halide::CompileTimeErrorReporter {
public:
  void warning(const char *) override {}
  [[noreturn]] void error(const char *message) override { throw std::runtime_error(message); }
};

Halide::Target halideTarget(const Target &target, bool largeBuffers) {
  using Feature = Halide::Target::Feature;
  if (!target.triple.starts_with("x86_64") || target.triple.find("linux") == std::string::npos)
    throw std::runtime_error("no code generator for triple '" + target.triple + "'; use x86_64 Linux");
  std::vector<Feature> features = {Feature::NoAsserts, Feature::NoBoundsQuery, Feature::NoRuntime, Feature::UserContext};
  if (largeBuffers)
    features.push_back(Feature::LargeBuffers);
  const std::pair<const char *, Feature> names[] = {
      {"sse4.1", Feature::SSE41}, {"avx", Feature::AVX}, {"avx2", Feature::AVX2}, {"fma", Feature::FMA}, {"f16c", Feature::F16C}};
  for (const auto &[name, feature] : names)
    if (target.has(name))
      features.push_back(feature);
  bool avx512 = true;
  for (const char *name : {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
    avx512 = avx512 && target.has(name);
  if (avx512)
    features.insert(features.end(), {Feature::AVX512, Feature::AVX512_Skylake});
  return Halide::Target(Halide::Target::Linux, Halide::Target::X86, 64, features);
}

bool needsLargeBuffers(const KernelSpec &spec) {
  constexpr int64_t limit = (int64_t(1) << 31) - 1;
  bool large = spec.output().physicalElements() > limit / 4;
  for (const TensorDesc &input : spec.inputs)
    large = large || input.physicalElements() > limit / 4;
  return large;
}

nlohmann::json toJson(const Target &target) {
  return {{"triple", target.triple},
          {"cpu", target.cpu},
          {"features", target.features},
          {"vector_bits", target.vectorBits},
          {"registers", target.vectorRegisters},
          {"l1", target.l1Bytes},
          {"l2", target.l2Bytes},
          {"threads", target.threads},
          {"tune", target.tune}};
}

void generate(const KernelSpec &spec, const Schedule &schedule, const Target &target, const std::string &symbol, const std::string &path) {
  Reporter reporter;
  Halide::set_custom_compile_time_error_reporter(&reporter);
  Pipeline pipeline(spec, schedule, target);
  findTemplate(schedule.name)->apply(pipeline, schedule, target);
  Halide::Pipeline lowered(pipeline.output().func);
  if (const auto &stage = pipeline.unswitched())
    lowered.add_custom_lowering_pass(new UnswitchTails(*stage)); // owned by the pipeline
  for (const auto &[buffer, loops, distance] : pipeline.prefetched())
    lowered.add_custom_lowering_pass(new StreamPrefetch(buffer, loops, distance));
  for (const Cells &cells : pipeline.prefetchedCells())
    lowered.add_custom_lowering_pass(new CellPrefetch(cells));
  for (const auto &[buffer, loops, counting, panels] : pipeline.prefetchedPanels())
    lowered.add_custom_lowering_pass(new PanelPrefetch(buffer, loops, counting, panels));
  if (const auto &call = pipeline.calledTiles())
    lowered.add_custom_lowering_pass(new TileProducts(*call));
  if (const auto &epilogue = pipeline.prefetchedEpilogue())
    lowered.add_custom_lowering_pass(new EpiloguePrefetch(epilogue->stage, epilogue->buffers, epilogue->distance));
  lowered.add_custom_lowering_pass(new OutputLoads(pipeline.output().func));
  if (pipeline.permutingLoads())
    lowered.add_custom_lowering_pass(new PermuteLoads(static_cast<int>(target.lanes())));
  Scratch used;
  lowered.add_custom_lowering_pass(new ScratchUse(used));
  Halide::Module module =
      lowered.compile_to_module(pipeline.arguments(), symbol, halideTarget(target, needsLargeBuffers(spec)), Halide::LinkageType::ExternalPlusArgv);
  if (const Scratch planned = scratchOf(spec, schedule); used != planned)
    throw std::runtime_error("it takes " + std::to_string(used.shared) + " bytes of scratch memory and " + std::to_string(used.task) +
                             " a task, planned were " + std::to_string(planned.shared) + " and " + std::to_string(planned.task));
  module.compile({{Halide::OutputFileType::bitcode, path}});
  generateObject(path);
}

} // namespace

std::string symbolFor(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  const nlohmann::json identity = {
      {"spec", toJson(spec)}, {"schedule", toJson(schedule)}, {"target", toJson(target)}, {"builder", builderDigest}, {"generators", codeGenerators()}};
  return "cnnc_k_" + digest(identity.dump());
}

Result<Object> build(const KernelSpec &spec, const Schedule &schedule, const Target &target) {
  auto failure = [&](const std::string &what) {
    return Result<Object>::failure("kernel " + (spec.ops.empty() ? std::string("without ops") : spec.root().mnemonic) + " with " + toString(schedule) + ": " +
                                   what);
  };
  if (auto complaint = illegal(spec, schedule, target))
    return failure(*complaint);
  Object object{symbolFor(spec, schedule, target), {}};
  Result<std::string> bytes = isolate([&](const std::string &path) { generate(spec, schedule, target, object.symbol, path); });
  if (!bytes)
    return failure(bytes.error());
  object.bytes = std::move(*bytes);
  const auto symbols = readSymbols(object.bytes);
  if (!symbols)
    return failure("the code generator wrote no ELF object");
  const bool takesScratch = scratchOf(spec, schedule) != Scratch();
  for (const std::string &import : symbols->undefined)
    if (!isAllowedImport(import) && !(takesScratch && (import == "halide_malloc" || import == "halide_free")))
      return failure("the code calls '" + import + "', which a standalone library does not have");
  return object;
}

} // namespace cnnc::kernels
