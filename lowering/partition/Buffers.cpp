// Values that share bytes, and when those bytes are alive.
#include "lowering/partition/Buffers.h"

using namespace mlir;
using namespace cnnc;

Buffers cnnc::Buffers::of(func::FuncOp func, bool perImage) {
  Buffers result;
  Block &block = func.getBody().front();
  auto bytesOf = [&](Value value) { return exec::imageBytes(cast<RankedTensorType>(value.getType()), perImage); };

  // Wholes come after their parts, so a walk from the end meets the outermost concatenation first.
  for (Operation &op : llvm::reverse(block)) {
    if (op.getNumResults() != 1 || isa<exec::WeightOp>(op))
      continue;
    Value value = op.getResult(0);
    if (isa<exec::ViewOp>(op) && !isa<BlockArgument>(op.getOperand(0)) && result.placements.contains(value)) {
      result.placements.try_emplace(op.getOperand(0), result.placements.lookup(value));
      continue;
    }
    if (isa<exec::ViewOp>(op))
      continue; // placed with its source, below
    if (!result.placements.contains(value)) {
      result.placements[value] = {result.buffers.size(), 0};
      result.buffers.push_back({value, bytesOf(value), 0, 0, std::nullopt});
    }
    if (auto concat = dyn_cast<exec::ConcatOp>(op)) {
      Placement at = result.placements.lookup(value);
      for (Value part : concat.getParts()) {
        result.placements.try_emplace(part, at);
        at.offset += bytesOf(part);
      }
    }
  }
  for (auto view : block.getOps<exec::ViewOp>())
    if (auto it = result.placements.find(view.getSource()); it != result.placements.end()) {
      Placement at = it->second;
      result.placements.try_emplace(view.getResult(), at);
    }

  int64_t position = 0;
  std::vector<bool> written(result.buffers.size(), false);
  for (Operation &op : block) {
    auto launch = dyn_cast<exec::LaunchOp>(op);
    if (!launch)
      continue;
    for (Value operand : launch.getOperands())
      if (auto it = result.placements.find(operand); it != result.placements.end())
        result.buffers[it->second.buffer].last = position;
    Buffer &buffer = result.buffers[result.placements.lookup(launch.getResult()).buffer];
    size_t index = result.placements.lookup(launch.getResult()).buffer;
    if (!written[index])
      buffer.first = position;
    written[index] = true;
    buffer.last = std::max(buffer.last, position);
    ++position;
  }
  for (OpOperand &operand : block.getTerminator()->getOpOperands())
    if (auto it = result.placements.find(operand.get()); it != result.placements.end()) {
      Buffer &buffer = result.buffers[it->second.buffer];
      buffer.last = position;
      buffer.output = operand.getOperandNumber();
    }
  return result;
}

void cnnc::Buffers::join(Value result, Value operand) {
  size_t from = placements.lookup(result).buffer, into = placements.lookup(operand).buffer;
  buffers[into].last = std::max(buffers[into].last, buffers[from].last);
  buffers[into].output = buffers[from].output;
  buffers[from].bytes = 0; // an empty buffer, which takes no place
  for (auto &[value, placement] : placements)
    if (placement.buffer == from)
      placement.buffer = into;
}
