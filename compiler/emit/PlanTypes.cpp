#include "compiler/emit/PlanTypes.h"

#include "runtime/lib/plan.h"

#include <cstddef>

using namespace llvm;

namespace cnnc::emit {

PlanTypes::PlanTypes(LLVMContext &context)
    : i8(Type::getInt8Ty(context)), i16(Type::getInt16Ty(context)), i32(Type::getInt32Ty(context)), i64(Type::getInt64Ty(context)),
      pointer(PointerType::getUnqual(context)) {
  auto make = [&](StringRef name, ArrayRef<Type *> fields) { return StructType::create(context, fields, name); };
  Type *p = pointer;
  dtype = make("DLDataType", {i8, i8, i16});
  tensorInfo = make("cnnc_tensor_info", {i32, p, dtype, i32, p, p, p});
  info = make("cnnc_info", {i32, i32, p, p, p, p, p, i32, i32, p, p, i64, i64, i64, i32, p});
  arg = make("cnnc_arg", {i32, i32, i64, i64, i32, dtype, p, i32});
  halo = make("cnnc_halo", {i64, i64, i64, i32, i32, i32, i32});
  launch = make("cnnc_launch", {p, p, p, i32, i32, p, p, i32, p, i64, i32, i32, p, p});
  feature = make("cnnc_feature", {i32, p});
  plan = make("cnnc_plan", {i32, info, i32, p, i64, i64, i64, i64, i32, p, i32, i32, i64, i32, p, p, p, p});
}

namespace {

struct CField {
  const char *name;
  uint64_t offset;
};

void compare(std::vector<std::string> &mismatches, const DataLayout &layout, StructType *type, uint64_t size, ArrayRef<CField> fields) {
  auto report = [&](StringRef what, uint64_t c, uint64_t ours) {
    mismatches.push_back((type->getName() + "." + what + ": " + Twine(c) + " in C, " + Twine(ours) + " in LLVM").str());
  };
  const StructLayout *ours = layout.getStructLayout(type);
  if (ours->getSizeInBytes() != size)
    report("(size)", size, ours->getSizeInBytes());
  if (type->getNumElements() != fields.size())
    return report("(fields)", fields.size(), type->getNumElements());
  for (auto [i, field] : enumerate(fields))
    if (ours->getElementOffset(i) != field.offset)
      report(field.name, field.offset, ours->getElementOffset(i));
}

} // namespace

#define FIELD(type, name) {#name, offsetof(type, name)}

std::vector<std::string> layoutMismatches(const PlanTypes &types, const DataLayout &layout) {
  std::vector<std::string> found;
  compare(found, layout, types.dtype, sizeof(DLDataType), {FIELD(DLDataType, code), FIELD(DLDataType, bits), FIELD(DLDataType, lanes)});
  compare(found, layout, types.tensorInfo, sizeof(cnnc_tensor_info),
          {FIELD(cnnc_tensor_info, struct_size), FIELD(cnnc_tensor_info, name), FIELD(cnnc_tensor_info, dtype), FIELD(cnnc_tensor_info, ndim),
           FIELD(cnnc_tensor_info, min_shape), FIELD(cnnc_tensor_info, max_shape), FIELD(cnnc_tensor_info, layout)});
  compare(found, layout, types.info, sizeof(cnnc_info),
          {FIELD(cnnc_info, struct_size), FIELD(cnnc_info, abi_version), FIELD(cnnc_info, name), FIELD(cnnc_info, target), FIELD(cnnc_info, compiler),
           FIELD(cnnc_info, source_digest), FIELD(cnnc_info, weights_digest), FIELD(cnnc_info, num_inputs), FIELD(cnnc_info, num_outputs),
           FIELD(cnnc_info, inputs), FIELD(cnnc_info, outputs), FIELD(cnnc_info, weights_bytes), FIELD(cnnc_info, workspace_bytes), FIELD(cnnc_info, macs),
           FIELD(cnnc_info, num_launches), FIELD(cnnc_info, metadata_json)});
  compare(found, layout, types.arg, sizeof(cnnc_arg),
          {FIELD(cnnc_arg, space), FIELD(cnnc_arg, index), FIELD(cnnc_arg, offset), FIELD(cnnc_arg, image_stride), FIELD(cnnc_arg, rank),
           FIELD(cnnc_arg, dtype), FIELD(cnnc_arg, extents), FIELD(cnnc_arg, capped)});
  compare(found, layout, types.halo, sizeof(cnnc_halo),
          {FIELD(cnnc_halo, planes), FIELD(cnnc_halo, rows), FIELD(cnnc_halo, row_bytes), FIELD(cnnc_halo, top), FIELD(cnnc_halo, bottom),
           FIELD(cnnc_halo, left_bytes), FIELD(cnnc_halo, right_bytes)});
  compare(found, layout, types.launch, sizeof(cnnc_launch),
          {FIELD(cnnc_launch, kernel), FIELD(cnnc_launch, layer), FIELD(cnnc_launch, kernel_name), FIELD(cnnc_launch, num_args), FIELD(cnnc_launch, result),
           FIELD(cnnc_launch, args), FIELD(cnnc_launch, rows), FIELD(cnnc_launch, least_rows), FIELD(cnnc_launch, halo), FIELD(cnnc_launch, macs),
           FIELD(cnnc_launch, rank), FIELD(cnnc_launch, block), FIELD(cnnc_launch, shape), FIELD(cnnc_launch, halo_cells)});
  compare(found, layout, types.feature, sizeof(cnnc_feature), {FIELD(cnnc_feature, id), FIELD(cnnc_feature, name)});
  compare(found, layout, types.plan, sizeof(cnnc_plan),
          {FIELD(cnnc_plan, version), FIELD(cnnc_plan, info), FIELD(cnnc_plan, per_image), FIELD(cnnc_plan, weights), FIELD(cnnc_plan, weights_bytes),
           FIELD(cnnc_plan, arena_bytes), FIELD(cnnc_plan, scratch_bytes), FIELD(cnnc_plan, task_scratch_bytes), FIELD(cnnc_plan, num_launches),
           FIELD(cnnc_plan, launches), FIELD(cnnc_plan, gathering), FIELD(cnnc_plan, images), FIELD(cnnc_plan, gathered_bytes), FIELD(cnnc_plan, num_features),
           FIELD(cnnc_plan, features), FIELD(cnnc_plan, input_batched), FIELD(cnnc_plan, output_batched), FIELD(cnnc_plan, output_gathered)});
  return found;
}

} // namespace cnnc::emit
