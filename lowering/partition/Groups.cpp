// The groups of ops that become kernels.
#include "lowering/partition/Groups.h"

#include "dialects/cnn/Cnn.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace cnnc;

std::vector<Group> cnnc::groupsOf(func::FuncOp func) {
  llvm::MapVector<int64_t, Group> groups;
  int64_t lone = 0;
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (isa<cnn::ConstantOp>(op))
      continue;
    auto group = op.getAttrOfType<IntegerAttr>("group");
    groups[group ? group.getInt() : --lone].push_back(&op);
  }
  std::vector<Group> ordered;
  for (auto &[number, ops] : groups)
    ordered.push_back(std::move(ops));
  llvm::stable_sort(ordered, [](const Group &a, const Group &b) { return a.back()->isBeforeInBlock(b.back()); });
  return ordered;
}
