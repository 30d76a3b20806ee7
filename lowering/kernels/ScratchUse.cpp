#include "lowering/kernels/ScratchUse.h"

#include <algorithm>
#include <stdexcept>

namespace cnnc::kernels {

using namespace Halide::Internal;

/// What Halide puts on the stack by itself.
constexpr int64_t stackBytes = 16 << 10;

Stmt ScratchUse::visit(const For *loop) {
  const bool outside = !inTask;
  inTask = inTask || loop->for_type == ForType::Parallel;
  Stmt result = IRMutator::visit(loop);
  inTask = inTask && !outside;
  return result;
}

Stmt ScratchUse::visit(const Allocate *allocation) {
  const bool onStack = allocation->memory_type == Halide::MemoryType::Stack || allocation->memory_type == Halide::MemoryType::Register;
  const int64_t elements = Allocate::constant_allocation_size(allocation->extents, allocation->name);
  if (elements == 0) // such an array would lie on the heap even if its schedule asks for the stack
    throw std::runtime_error("the size of '" + allocation->name + "' is not known when the kernel is built");
  const int64_t bytes = ((elements + allocation->padding) * allocation->type.bytes() * allocation->type.lanes() + 63) / 64 * 64;
  if (onStack || (allocation->memory_type == Halide::MemoryType::Auto && bytes <= stackBytes))
    return IRMutator::visit(allocation);
  int64_t &sum = inTask ? now.task : now.shared;
  sum += bytes;
  peak = {std::max(peak.shared, now.shared), std::max(peak.task, now.task)};
  Stmt result = IRMutator::visit(allocation);
  sum -= bytes;
  return result;
}

Stmt ScratchUse::visit(const Free *) { return Evaluate::make(0); }

} // namespace cnnc::kernels
