// Which kernels may write over what they read.
#include "lowering/kernels/Registry.h"

namespace cnnc::kernels {

bool canOverwrite(const KernelSpec &spec, const Schedule &schedule, const Target &target, int input) {
  const TensorDesc &read = spec.inputs[input], &written = spec.output();
  if (read.role != TensorDesc::Role::activation || read.dtype != written.dtype || read.shape != written.shape || read.block != written.block ||
      read.halo != written.halo)
    return false;
  for (const OpDesc &op : spec.ops) {
    const Algorithm *algorithm = findAlgorithm(op.mnemonic);
    if (!algorithm || algorithm->kind != Algorithm::Kind::pointwise)
      return false;
  }
  // A last vector that is shifted back to fit would compute some elements again, from results.
  const int64_t row = written.physicalShape().empty() ? 1 : written.physicalShape().back();
  return schedule.name == "elementwise.loops" && row % target.lanes() == 0;
}

} // namespace cnnc::kernels
