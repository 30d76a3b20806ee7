// Schedules and packed layouts between their plain structs and their attributes.
#include "lowering/ScheduleAttr.h"

#include "lowering/RegionSpec.h"

using namespace mlir;
using namespace cnnc;

exec::ScheduleAttr cnnc::scheduleAttr(MLIRContext *context, const kernels::Schedule &schedule) {
  Builder builder(context);
  NamedAttrList knobs;
  for (const auto &[name, value] : schedule.knobs)
    knobs.set(name, builder.getI64IntegerAttr(value));
  return exec::ScheduleAttr::get(context, schedule.name, knobs.getDictionary(context));
}

kernels::Schedule cnnc::scheduleOf(exec::ScheduleAttr attribute) {
  kernels::Schedule schedule;
  schedule.name = attribute.getName().str();
  for (NamedAttribute knob : attribute.getKnobs())
    if (auto value = dyn_cast<IntegerAttr>(knob.getValue()))
      schedule.knobs[knob.getName().str()] = value.getInt();
  return schedule;
}

std::optional<kernels::BuildRequest> cnnc::buildRequest(exec::KernelOp kernel, bool perImage) {
  auto spec = regionSpec(kernel, perImage);
  if (failed(spec) || !kernel.getSchedule())
    return std::nullopt;
  return kernels::BuildRequest{std::move(*spec), scheduleOf(*kernel.getSchedule())};
}

exec::PackedAttr cnnc::packedAttr(MLIRContext *context, const kernels::PackedLayout &layout) {
  SmallVector<int64_t> dims, extents, steps;
  for (const auto &dim : layout.dims) {
    dims.push_back(dim.dim);
    extents.push_back(dim.extent);
    steps.push_back(dim.step);
  }
  SmallVector<int64_t> winograd;
  if (layout.winograd != kernels::WinogradTile{1, 1})
    winograd.assign(layout.winograd.begin(), layout.winograd.end());
  return exec::PackedAttr::get(context, dims, extents, steps, winograd, layout.split);
}
