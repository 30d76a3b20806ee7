#include "compiler/emit/EmitPlan.h"

#include "compiler/emit/Names.h"
#include "compiler/emit/PlanTypes.h"
#include "compiler/emit/Routines.h"
#include "compiler/emit/Weights.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace cnnc::emit {
namespace {

/// Features that each x86-64 CPU with the checked ones has, or that belong to the base architecture.
bool isImplied(StringRef feature) {
  return StringSwitch<bool>(feature)
      .Cases({"cx8", "cmov", "fxsr", "mmx", "sse", "sse2", "x87", "64bit"}, true)
      .Cases({"cx16", "sahf", "popcnt", "sse3", "ssse3", "sse4.2", "crc32", "xsave"}, true)
      .Cases({"bmi", "lzcnt", "movbe"}, true)
      .Cases({"evex512"}, true)
      .Cases({"fp-armv8"}, true)
      .Default(false);
}

std::optional<cnnc_cpu_feature> checkedFeature(StringRef feature) {
  return StringSwitch<std::optional<cnnc_cpu_feature>>(feature)
      .Case("sse4.1", CNNC_CPU_SSE41)
      .Case("avx", CNNC_CPU_AVX)
      .Case("avx2", CNNC_CPU_AVX2)
      .Case("fma", CNNC_CPU_FMA)
      .Case("f16c", CNNC_CPU_F16C)
      .Case("avx512f", CNNC_CPU_AVX512F)
      .Case("avx512bw", CNNC_CPU_AVX512BW)
      .Case("avx512dq", CNNC_CPU_AVX512DQ)
      .Case("avx512vl", CNNC_CPU_AVX512VL)
      .Case("avx512cd", CNNC_CPU_AVX512CD)
      .Case("avx512vnni", CNNC_CPU_AVX512VNNI)
      .Case("avx512bf16", CNNC_CPU_AVX512BF16)
      .Case("bmi2", CNNC_CPU_BMI2)
      .Case("amx-bf16", CNNC_CPU_AMX_BF16)
      .Case("amx-tile", CNNC_CPU_AMX_TILE)
      .Case("neon", CNNC_CPU_NEON)
      .Default(std::nullopt);
}

class Printer {
public:
  Printer(Module &module) : module(module), t(module.getContext()) {}

  Constant *i32(int64_t value) { return ConstantInt::get(t.i32, static_cast<uint32_t>(value)); }
  Constant *i64(uint64_t value) { return ConstantInt::get(t.i64, value); }
  Constant *null() { return ConstantPointerNull::get(t.pointer); }

  Constant *text(StringRef value) {
    Constant *&known = texts[value];
    if (!known)
      known = constant(ConstantDataArray::getString(module.getContext(), value), ".str");
    return known;
  }
  Constant *dtype(DLDataType d) {
    return ConstantStruct::get(t.dtype, {ConstantInt::get(t.i8, d.code), ConstantInt::get(t.i8, d.bits), ConstantInt::get(t.i16, d.lanes)});
  }
  Constant *integers(ArrayRef<int64_t> values) {
    return values.empty() ? null() : constant(ConstantDataArray::get(module.getContext(), asUnsigned(values)), ".extents");
  }
  Constant *table(StructType *type, ArrayRef<Constant *> rows, const Twine &name) {
    return rows.empty() ? null() : constant(ConstantArray::get(ArrayType::get(type, rows.size()), rows), name);
  }

  Constant *tensors(ArrayRef<TensorRow> rows, const Twine &name) {
    SmallVector<Constant *> infos;
    for (const TensorRow &row : rows)
      infos.push_back(ConstantStruct::get(t.tensorInfo, {i32(sizeof(cnnc_tensor_info)), text(row.name), dtype(row.dtype), i32(row.minShape.size()),
                                                         integers(row.minShape), integers(row.maxShape), text(row.layout)}));
    return table(t.tensorInfo, infos, name);
  }
  Constant *batched(ArrayRef<TensorRow> rows, bool TensorRow::*which = &TensorRow::batched) {
    SmallVector<uint8_t> flags;
    for (const TensorRow &row : rows)
      flags.push_back(row.*which);
    return flags.empty() ? null() : constant(ConstantDataArray::get(module.getContext(), flags), ".batched");
  }

  Constant *arg(const ArgRow &row) {
    return ConstantStruct::get(t.arg, {i32(row.space), i32(row.index), i64(row.offset), i64(row.imageStride), i32(row.extents.size()), dtype(row.dtype),
                                       integers(row.extents), i32(row.capped)});
  }
  Constant *args(ArrayRef<ArgRow> rows) {
    return table(t.arg, map_to_vector(rows, [&](const ArgRow &row) { return arg(row); }), ".args");
  }
  /// Physical extents of a result with a halo are [N, ceil(C/block), t+H+b, l+W+r, block].
  Constant *halo(const LaunchRow &row) {
    if (row.haloKept || row.halo == std::array<int32_t, 4>{})
      return null();
    const std::vector<int64_t> &extents = row.args[row.result].extents;
    int64_t cell = extents[4] * (row.dtype.bits / 8);
    return constant(ConstantStruct::get(t.halo, {i64(extents[0] * extents[1]), i64(extents[2]), i64(extents[3] * cell), i32(row.halo[0]), i32(row.halo[2]),
                                                 i32(row.halo[1] * cell), i32(row.halo[3] * cell)}),
                    ".halo");
  }
  Function *hidden(const Twine &name, FunctionType *type) {
    auto *function = cast<Function>(module.getOrInsertFunction(name.str(), type).getCallee());
    function->setVisibility(GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
    return function;
  }
  /// An entry like a kernel's that hands its arguments and the options to a routine.
  Function *routineCall(const LaunchRow &row, FunctionType *entry) {
    Function *routine = hidden(kRoutinePrefix + row.kernel, FunctionType::get(t.i32, {t.pointer, t.pointer}, false));
    GlobalVariable *options = constant(ConstantDataArray::getString(module.getContext(), *row.routine, /*AddNull=*/false), ".options");
    options->setAlignment(Align(16));
    auto *call = Function::Create(entry, GlobalValue::PrivateLinkage, row.kernel, module);
    IRBuilder<> builder(BasicBlock::Create(module.getContext(), "", call));
    builder.CreateRet(builder.CreateCall(routine, {call->getArg(0), options}));
    return call;
  }
  Constant *launches(ArrayRef<LaunchRow> rows) {
    auto *entry = FunctionType::get(t.i32, {t.pointer}, false);
    SmallVector<Constant *> values;
    for (const LaunchRow &row : rows) {
      Function *kernel = row.routine ? routineCall(row, entry) : hidden(row.kernelSymbol + "_argv", entry);
      SmallVector<int32_t> cells(row.halo.begin(), row.halo.end());
      Constant *haloCells =
          constant(ConstantDataArray::get(module.getContext(), ArrayRef<uint32_t>(reinterpret_cast<const uint32_t *>(cells.data()), cells.size())), ".cells");
      values.push_back(ConstantStruct::get(t.launch, {kernel, text(row.layer), text(row.kernel), i32(row.args.size()), i32(row.result), args(row.args),
                                                      row.rows ? constant(arg(*row.rows), ".rows") : null(), i32(row.leastRows), halo(row), i64(row.macs),
                                                      i32(row.shape.size()), i32(row.block), integers(row.shape), haloCells}));
    }
    return table(t.launch, values, "cnnc_launches");
  }

  Constant *features(ArrayRef<std::pair<cnnc_cpu_feature, std::string>> rows) {
    SmallVector<Constant *> values;
    for (const auto &[id, name] : rows)
      values.push_back(ConstantStruct::get(t.feature, {i32(id), text(name)}));
    return table(t.feature, values, "cnnc_features");
  }

  GlobalVariable *constant(Constant *value, const Twine &name) {
    auto *global = new GlobalVariable(module, value->getType(), true, GlobalValue::PrivateLinkage, value, name);
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return global;
  }

  void exportQuery(StringRef name) {
    auto *type = FunctionType::get(t.pointer, {t.i32}, false);
    auto *implementation = cast<Function>(module.getOrInsertFunction("cnnc_query_impl", type).getCallee());
    implementation->setVisibility(GlobalValue::HiddenVisibility);
    implementation->setDSOLocal(true);
    auto *query = Function::Create(type, GlobalValue::ExternalLinkage, name, module);
    IRBuilder<> builder(BasicBlock::Create(module.getContext(), "", query));
    builder.CreateRet(builder.CreateCall(implementation, {query->getArg(0)}));
  }

  Module &module;
  PlanTypes t;

private:
  static ArrayRef<uint64_t> asUnsigned(ArrayRef<int64_t> values) { return {reinterpret_cast<const uint64_t *>(values.data()), values.size()}; }
  StringMap<Constant *> texts;
};

} // namespace

std::string dataLayoutOf(const std::string &triple) {
  Triple parsed(triple);
  return parsed.getArch() == Triple::x86_64 || parsed.getArch() == Triple::aarch64 ? parsed.computeDataLayout() : "";
}

kernels::Result<std::unique_ptr<Module>> emitPlan(LLVMContext &context, const LaunchTable &table, const Target &target, const PlanStrings &strings,
                                                  bool externalWeights) {
  using Failure = kernels::Result<std::unique_ptr<Module>>;
  std::string layout = dataLayoutOf(target.triple);
  if (layout.empty())
    return Failure::failure("target '" + target.name + "': no library can be emitted for triple '" + target.triple + "'; x86-64 and AArch64 are supported");
  std::vector<std::pair<cnnc_cpu_feature, std::string>> features;
  for (const std::string &feature : target.features)
    if (auto id = checkedFeature(feature))
      features.emplace_back(*id, feature);
    else if (!isImplied(feature))
      return Failure::failure("target '" + target.name + "' uses CPU feature '" + feature + "', which the runtime cannot check");

  auto module = std::make_unique<Module>("cnnc_plan", context);
  module->setTargetTriple(Triple(target.triple));
  module->setDataLayout(layout);
  Printer p(*module);
  Constant *weights = p.null();
  if (table.weightsBytes > 0 && !externalWeights) {
    auto *global = new GlobalVariable(*module, ArrayType::get(p.t.i8, table.weightsBytes), true, GlobalValue::ExternalLinkage, nullptr, kWeightsSymbol);
    global->setVisibility(GlobalValue::HiddenVisibility);
    global->setDSOLocal(true);
    weights = global;
  }
  Constant *info =
      ConstantStruct::get(p.t.info, {p.i32(sizeof(cnnc_info)), p.i32(CNNC_ABI_VERSION), p.text(table.network), p.text(target.name), p.text(strings.compiler),
                                     p.text(strings.sourceDigest), p.text(strings.weightsDigest), p.i32(table.inputs.size()), p.i32(table.outputs.size()),
                                     p.tensors(table.inputs, "cnnc_inputs"), p.tensors(table.outputs, "cnnc_outputs"), p.i64(table.weightsBytes),
                                     p.i64(table.workspaceBytes()), p.i64(table.macs), p.i32(table.launches.size()), p.text(strings.metadata)});
  Constant *plan =
      ConstantStruct::get(p.t.plan, {p.i32(CNNC_PLAN_VERSION), info, p.i32(table.perImage), weights, p.i64(table.weightsBytes), p.i64(table.arenaBytes),
                                     p.i64(table.scratchBytes), p.i64(table.taskScratchBytes), p.i32(table.launches.size()), p.launches(table.launches),
                                     p.i32(table.gathering()), p.i32(table.images()), p.i64(table.gatheredBytes), p.i32(features.size()), p.features(features),
                                     p.batched(table.inputs), p.batched(table.outputs), p.batched(table.outputs, &TensorRow::gathered)});
  auto *data = new GlobalVariable(*module, p.t.plan, true, GlobalValue::ExternalLinkage, plan, "cnnc_plan_data");
  data->setVisibility(GlobalValue::HiddenVisibility);
  data->setDSOLocal(true);
  p.exportQuery("cnnc_query");
  p.exportQuery(networkIdentifier(table.network) + "_cnnc_query");
  return module;
}

} // namespace cnnc::emit
