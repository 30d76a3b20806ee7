// Loads of partial sums, corrected in lowered code.
#pragma once

#include <Halide.h>

namespace cnnc::kernels {

/// A lowering pass that tells loads of the output which buffer they read. Halide 21 says so of stores only, and then takes the buffer of such a
/// load for one of its own allocations, aligned to whole vectors: the code faults where a caller's is not.
class OutputLoads final : public Halide::Internal::IRMutator {
public:
  explicit OutputLoads(const Halide::Func &output) : name(output.name()), buffer(output.output_buffer().parameter()) {}
  using IRMutator::visit;

private:
  Halide::Expr visit(const Halide::Internal::Load *load) override {
    using Halide::Internal::Load;
    if (load->name != name)
      return IRMutator::visit(load);
    return Load::make(load->type, load->name, mutate(load->index), load->image, buffer, mutate(load->predicate), load->alignment);
  }
  std::string name;
  Halide::Parameter buffer;
};

} // namespace cnnc::kernels
