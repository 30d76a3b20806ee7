// The target as a module attribute.
#include "lowering/TargetAttr.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

static constexpr StringLiteral kTarget = "cnnc.target";

// The integer fields, named once for both directions.
template <typename TargetT, typename F> static void forEachInteger(TargetT &target, F f) {
  f("vector_bits", target.vectorBits);
  f("vector_registers", target.vectorRegisters);
  f("l1_bytes", target.l1Bytes);
  f("l2_bytes", target.l2Bytes);
  f("threads", target.threads);
}

void cnnc::setTarget(ModuleOp module, const Target &target) {
  Builder builder(module.getContext());
  NamedAttrList fields;
  fields.set("name", builder.getStringAttr(target.name));
  fields.set("triple", builder.getStringAttr(target.triple));
  fields.set("cpu", builder.getStringAttr(target.cpu));
  fields.set("tune", builder.getStringAttr(target.tune));
  SmallVector<StringRef> features(target.features.begin(), target.features.end());
  fields.set("features", builder.getStrArrayAttr(features));
  forEachInteger(target, [&](StringRef name, int64_t value) { fields.set(name, builder.getI64IntegerAttr(value)); });
  module->setAttr(kTarget, fields.getDictionary(module.getContext()));
}

bool cnnc::hasTarget(ModuleOp module) { return module->hasAttr(kTarget); }

FailureOr<cnnc::Target> cnnc::targetOf(ModuleOp module) {
  auto fields = module->getAttrOfType<DictionaryAttr>(kTarget);
  if (!fields)
    return module.emitError("the module names no target: set `cnnc.target` (cnnc-opt --set-target=name=x86-64-v3)");
  Target target;
  bool complete = true;
  auto text = [&](StringRef name, std::string &value) {
    auto attribute = fields.getAs<StringAttr>(name);
    complete &= static_cast<bool>(attribute);
    if (attribute)
      value = attribute.str();
  };
  text("name", target.name);
  text("triple", target.triple);
  text("cpu", target.cpu);
  text("tune", target.tune);
  auto features = fields.getAs<ArrayAttr>("features");
  complete &= static_cast<bool>(features);
  for (Attribute feature : features ? features.getValue() : ArrayRef<Attribute>()) {
    auto name = dyn_cast<StringAttr>(feature);
    complete &= static_cast<bool>(name);
    if (name)
      target.features.push_back(name.str());
  }
  forEachInteger(target, [&](StringRef name, int64_t &value) {
    auto attribute = fields.getAs<IntegerAttr>(name);
    complete &= attribute && attribute.getInt() > 0;
    if (attribute)
      value = attribute.getInt();
  });
  if (!complete || target.vectorBits % 32 != 0)
    return module.emitError("`cnnc.target` lacks a field or holds one of another type; write it with --set-target");
  return target;
}
