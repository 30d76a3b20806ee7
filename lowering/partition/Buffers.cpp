// Values that share bytes, and when those bytes are alive.
#include "lowering/partition/Buffers.h"

using namespace mlir;
using namespace cnnc;

int64_t Buffer::begin() const {
  int64_t least = pieces.empty() ? 0 : pieces.front().offset;
  for (const Piece &piece : pieces)
    least = std::min(least, piece.offset);
  return least;
}

int64_t Buffer::end() const {
  int64_t most = pieces.empty() ? 0 : pieces.front().end();
  for (const Piece &piece : pieces)
    most = std::max(most, piece.end());
  return most;
}

static int64_t alignmentOf(Value value) { return exec::alignmentOf(cast<RankedTensorType>(value.getType())); }

int64_t Buffers::bytesOf(Value value) const { return exec::bytesOf(value, perImage); }

const Placement *Buffers::find(Value value) const {
  auto it = placements.find(value);
  return it == placements.end() ? nullptr : &it->second;
}

void Buffers::define(Value result) {
  placements[result] = {buffers.size(), 0};
  buffers.push_back({{{result, 0, bytesOf(result)}}, {result}, alignmentOf(result), std::nullopt});
}

bool Buffers::isAligned(Value source, RankedTensorType type) const {
  const Placement *at = find(source);
  return !at || at->offset % exec::alignmentOf(type) == 0;
}

LogicalResult Buffers::alias(Value view, Value source) {
  if (!isAligned(source, cast<RankedTensorType>(view.getType())))
    return failure();
  if (const Placement *at = find(source)) {
    Placement same = *at;
    Buffer &buffer = buffers[same.buffer];
    buffer.values.push_back(view);
    buffer.alignment = std::max(buffer.alignment, alignmentOf(view));
    placements[view] = same;
  }
  return success();
}

SmallVector<int64_t> Buffers::slicesOf(ValueRange parts) const {
  SmallVector<int64_t> slices{0};
  for (Value part : parts)
    slices.push_back(slices.back() + bytesOf(part));
  return slices;
}

// The buffers that can be moved so that their parts lie in the slices of one concatenation, which starts at 0. Greedy: first the
// moves that put the most bytes of parts in place.
SmallVector<Buffers::Moved> Buffers::arrange(ValueRange parts, ArrayRef<int64_t> slices) const {
  struct Choice {
    Moved moved;
    int64_t bytes;
  };
  SmallVector<Choice> choices;
  for (auto [i, part] : llvm::enumerate(parts)) {
    const Placement *at = find(part);
    if (!at)
      continue;
    int64_t shift = slices[i] - at->offset, bytes = slices[i + 1] - slices[i];
    auto *known = llvm::find_if(choices, [&](const Choice &choice) { return choice.moved.buffer == at->buffer && choice.moved.shift == shift; });
    if (known != choices.end())
      known->bytes += bytes;
    else
      choices.push_back({{at->buffer, shift}, bytes});
  }
  llvm::stable_sort(choices, [](const Choice &a, const Choice &b) { return a.bytes > b.bytes; });

  // A slice belongs to its part alone.
  auto leavesSlicesFree = [&](const Moved &moved) {
    return llvm::all_of(buffers[moved.buffer].pieces, [&](const Piece &piece) {
      int64_t begin = piece.offset + moved.shift, end = begin + piece.bytes;
      for (auto [i, part] : llvm::enumerate(parts)) {
        if (begin >= slices[i + 1] || slices[i] >= end)
          continue;
        const Placement *at = find(part);
        if (!at || at->buffer != moved.buffer || at->offset + moved.shift != slices[i])
          return false;
      }
      return true;
    });
  };
  SmallVector<Moved> accepted;
  for (const Choice &choice : choices) {
    auto clashes = [&](const Moved &other) {
      if (other.buffer == choice.moved.buffer)
        return true;
      for (const Piece &a : buffers[other.buffer].pieces)
        for (const Piece &b : buffers[choice.moved.buffer].pieces)
          if (a.touches(b, choice.moved.shift - other.shift))
            return true;
      return false;
    };
    bool aligned = accepted.empty() || (choice.moved.shift - accepted.front().shift) % buffers[choice.moved.buffer].alignment == 0;
    if (aligned && leavesSlicesFree(choice.moved) && llvm::none_of(accepted, clashes))
      accepted.push_back(choice.moved);
  }
  return accepted;
}

SmallVector<bool> Buffers::fit(ValueRange parts, ArrayRef<int64_t> slices, ArrayRef<Moved> moves) const {
  SmallVector<bool> fits;
  for (auto [i, part] : llvm::enumerate(parts)) {
    const Placement *at = find(part);
    // Of a value that is a part twice, one slice can be right.
    fits.push_back(at && llvm::any_of(moves, [&, i = i](const Moved &moved) { return moved.buffer == at->buffer && at->offset + moved.shift == slices[i]; }));
  }
  return fits;
}

SmallVector<bool> Buffers::fit(ValueRange parts) const {
  SmallVector<int64_t> slices = slicesOf(parts);
  return fit(parts, slices, arrange(parts, slices));
}

LogicalResult Buffers::concat(Value whole, ValueRange parts) {
  SmallVector<int64_t> slices = slicesOf(parts);
  SmallVector<Moved> moves = arrange(parts, slices);
  if (parts.empty() || !llvm::all_of(fit(parts, slices, moves), [](bool fits) { return fits; }))
    return failure();
  merge(moves);
  return alias(whole, parts.front());
}

// Moves all into the coordinates of the first.
void Buffers::merge(ArrayRef<Moved> moved) {
  const Moved target = moved.front();
  Buffer &into = buffers[target.buffer];
  for (const Moved &from : moved.drop_front()) {
    Buffer &source = buffers[from.buffer];
    for (Piece piece : source.pieces) {
      piece.offset += from.shift - target.shift;
      into.pieces.push_back(piece);
    }
    for (Value value : source.values) {
      Placement &at = placements[value];
      at = {target.buffer, at.offset + from.shift - target.shift};
    }
    llvm::append_range(into.values, source.values);
    into.alignment = std::max(into.alignment, source.alignment);
    if (source.output)
      into.output = source.output;
    source = {};
  }
}

bool Buffers::overwrite(exec::LaunchOp launch, unsigned number) {
  Value result = launch.getResult(), operand = launch.getInputs()[number];
  const Placement *written = find(result), *read = find(operand);
  int64_t bytes = bytesOf(operand), position = positions.lookup(launch);
  if (!written || !read || read->buffer == written->buffer || bytes != bytesOf(result) || !buffers[read->buffer].isInArena() ||
      buffers[written->buffer].gathered)
    return false;
  Piece place{operand, read->offset, bytes};
  Buffer &from = buffers[read->buffer], &into = buffers[written->buffer];
  // The caller's memory holds the result and nothing else.
  if (into.output && (from.begin() != read->offset || from.end() != place.end()))
    return false;
  for (auto [i, other] : llvm::enumerate(launch->getOperands()))
    if (const Placement *at = find(other); i != number && at && at->buffer == read->buffer && place.touches({other, at->offset, bytesOf(other)}, 0))
      return false;
  // What lies there dies here, and all of it is read and overwritten element by element.
  for (const Piece &piece : from.pieces)
    if (place.touches(piece, 0) && (piece.last > position || (piece.last == position && (piece.offset < place.offset || piece.end() > place.end()))))
      return false;
  int64_t shift = written->offset - read->offset;
  if (shift % into.alignment != 0)
    return false;
  for (const Piece &old : from.pieces)
    for (const Piece &fresh : into.pieces) {
      bool replaced = fresh.result == result && place.touches(old, 0) && old.last <= position;
      if (!replaced && fresh.touches(old, shift) && fresh.meets(old))
        return false;
    }
  for (Piece &piece : from.pieces)
    if (place.touches(piece, 0) && piece.last == position)
      piece.last = position - 1; // from here on the bytes are the result's
  merge({{read->buffer, shift}, {written->buffer, 0}});
  return true;
}

void Buffers::findLifetimes(Block &block) {
  // The pieces that make up each value.
  DenseMap<Value, SmallVector<Piece *>> madeOf;
  for (Buffer &buffer : buffers)
    for (Piece &piece : buffer.pieces)
      madeOf[piece.result].push_back(&piece);
  for (Operation &op : block) {
    if (!isa<exec::ViewOp, exec::ConcatOp>(op))
      continue;
    SmallVector<Piece *> pieces;
    for (Value operand : op.getOperands())
      llvm::append_range(pieces, madeOf.lookup(operand));
    madeOf[op.getResult(0)] = std::move(pieces);
  }
  int64_t position = 0;
  for (Operation &op : block) {
    bool runs = isa<exec::StepOpInterface>(op);
    if (!runs && !op.hasTrait<OpTrait::IsTerminator>())
      continue;
    for (Value operand : op.getOperands())
      for (Piece *piece : madeOf.lookup(operand))
        piece->last = position;
    if (!runs)
      continue;
    for (Value result : op.getResults()) {
      Piece &own = *madeOf.lookup(result).front();
      own.first = own.last = position;
    }
    positions[&op] = position++;
  }
  for (OpOperand &operand : block.getTerminator()->getOpOperands())
    if (const Placement *at = find(operand.get()))
      buffers[at->buffer].output = operand.getOperandNumber();
}

// What a gathering launch reads of others is kept for each of its images, one after the other.
LogicalResult Buffers::gather(Block &block) {
  for (auto launch : block.getOps<exec::LaunchOp>())
    for (Value operand : launch.getInputs()) {
      const Placement *at = find(operand);
      if (!launch.getImages() || exec::imagesOf(operand) != 1 || operand.getDefiningOp<exec::WeightOp>())
        continue;
      if (!at || buffers[at->buffer].pieces.size() != 1 || buffers[at->buffer].output || buffers[at->buffer].bytes() % buffers[at->buffer].alignment != 0)
        return launch.emitError("gathers a value of type ") << operand.getType() << " that is not the whole result of a launch, or cannot lie there row by row";
      buffers[at->buffer].gathered = *launch.getImages();
    }
  return success();
}

FailureOr<Buffers> Buffers::of(func::FuncOp func, bool perImage) {
  Buffers result(perImage);
  Block &block = func.getBody().front();
  for (Operation &op : block) {
    if (isa<exec::StepOpInterface>(op))
      llvm::for_each(op.getResults(), [&](Value value) { result.define(value); });
    else if (auto view = dyn_cast<exec::ViewOp>(op); view && failed(result.alias(view.getResult(), view.getSource())))
      return view.emitError("its source lies at an address that is not aligned for ") << view.getType();
    else if (auto concat = dyn_cast<exec::ConcatOp>(op); concat && failed(result.concat(concat.getResult(), concat.getParts())))
      return concat.emitError("a part of it cannot lie in its slice: it has another place, or one of its neighbours does");
  }
  result.findLifetimes(block);
  if (failed(result.gather(block)))
    return failure();
  return result;
}

int64_t Buffers::liveBytes() const {
  std::map<int64_t, int64_t> changes; // by launch number
  for (const Buffer &buffer : buffers)
    for (const Piece &piece : buffer.pieces)
      if (buffer.isInArena() && piece.first <= piece.last) {
        changes[piece.first] += piece.bytes;
        changes[piece.last + 1] -= piece.bytes;
      }
  int64_t live = 0, most = 0;
  for (auto [position, change] : changes)
    most = std::max(most, live += change);
  return most;
}

bool cnnc::hasContiguousParts(cnn::ConcatOp op, bool perImage) {
  auto type = cast<RankedTensorType>(op.getType());
  auto axis = cnn::normalizeAxis(static_cast<int64_t>(op.getAxis()), type.getRank());
  if (!axis || *axis == 0)
    return false;
  for (auto [d, extent] : llvm::enumerate(type.getShape().take_front(*axis)))
    if (extent != 1 && !(perImage && d == 0))
      return false;
  auto layout = cnn::layoutOf(type);
  if (layout && *axis != 1)
    return false;
  int64_t offset = 0;
  for (Value part : op->getOperands()) {
    auto partType = cast<RankedTensorType>(part.getType());
    if (cnn::layoutOf(partType) != layout || (layout && offset % exec::alignmentOf(partType) != 0))
      return false;
    offset += exec::imageBytes(partType, perImage);
  }
  // Whole blocks fill the result only when no part but the last ends inside one.
  return offset == exec::imageBytes(type, perImage) && (!layout || llvm::all_of(op->getOperands().drop_back(), [&](Value part) {
           return cast<RankedTensorType>(part.getType()).getDimSize(1) % layout.getBlock() == 0;
         }));
}
