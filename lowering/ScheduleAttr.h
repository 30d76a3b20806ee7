// Schedules and packed layouts between their plain structs and their attributes.
#pragma once

#include "dialects/exec/Exec.h"
#include "lowering/kernels/Schedule.h"

namespace cnnc {

exec::ScheduleAttr scheduleAttr(mlir::MLIRContext *context, const kernels::Schedule &schedule);
/// Knobs that are no integers are left out; `illegal` then reports what is missing.
kernels::Schedule scheduleOf(exec::ScheduleAttr attribute);
/// What an exec.kernel is built from; nullopt when its region has no kernel form or it has no schedule yet.
std::optional<kernels::BuildRequest> buildRequest(exec::KernelOp kernel, bool perImage);
exec::PackedAttr packedAttr(mlir::MLIRContext *context, const kernels::PackedLayout &layout);

} // namespace cnnc
