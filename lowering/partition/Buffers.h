// Values that share bytes, and when those bytes are alive: what FormKernels asks, the memory planner packs and its verifier checks.
#pragma once

#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cnnc {

/// Where a value lies inside a buffer: bytes of one image, or of those that its launch takes, from the buffer's origin. Negative where another value came to lie before it.
struct Placement {
  size_t buffer;
  int64_t offset;
};

/// What one step (a launch or a routine) writes into a buffer, alive from step number `first` to step number `last`.
struct Piece {
  mlir::Value result;
  int64_t offset, bytes;
  int64_t first = 0, last = 0;

  int64_t end() const { return offset + bytes; }
  /// Bytes in common when `other` is moved by `shift`.
  bool touches(const Piece &other, int64_t shift) const { return offset < other.end() + shift && other.offset + shift < end(); }
  bool meets(const Piece &other) const { return first <= other.last && other.first <= last; }
};

/// Pieces at fixed distances from each other: a launch's result, a concatenation with all its parts and with all others that hold
/// these parts, a chain of launches in place. Pieces that are alive together have no bytes in common.
struct Buffer {
  std::vector<Piece> pieces;
  std::vector<mlir::Value> values; ///< All that are placed here.
  int64_t alignment = 1;           ///< Of the strictest of them; it divides their offsets.
  std::optional<int64_t> output;   ///< Index of the function result that it is, if any.
  int64_t gathered = 0;            ///< For how many images it is kept until all of them are there; 0: for one.

  bool isInArena() const { return !output && gathered == 0 && !pieces.empty(); }

  int64_t begin() const; ///< Offset of the lowest byte.
  int64_t end() const;   ///< Past the highest.
  int64_t bytes() const { return end() - begin(); }
};

/// Every buffer of a function of launches, and the place of every value in one (function arguments and weights have none). Each view,
/// concatenation and launch in place is an equation between the places of its values: buffers grow by solving them one by one.
class Buffers {
public:
  explicit Buffers(bool perImage) : perImage(perImage) {}

  /// The buffers of a function, with lifetimes. Reports a concatenation whose parts cannot lie side by side, and what a gathering launch reads that is more
  /// than the result of one launch.
  static mlir::FailureOr<Buffers> of(mlir::func::FuncOp func, bool perImage);

  /// The result of a launch or a routine: a buffer of its own.
  void define(mlir::Value result);

  /// Whether the bytes of `source` are aligned as kernels expect of `type`.
  bool isAligned(mlir::Value source, mlir::RankedTensorType type) const;

  /// `view` is the bytes of `source`. Fails where these are not aligned for it.
  mlir::LogicalResult alias(mlir::Value view, mlir::Value source);

  /// For each part of a concatenation, whether it can lie in its slice. A part that cannot needs a copy: it has no place, it lies
  /// elsewhere already, its slice is not aligned, or where it lies its neighbours' slices are taken. Of several choices that with the most bytes in place.
  llvm::SmallVector<bool> fit(mlir::ValueRange parts) const;

  /// Places a concatenation over its parts. Fails when one of them does not fit.
  mlir::LogicalResult concat(mlir::Value whole, mlir::ValueRange parts);

  /// Lets `launch` write its result over operand `number`, if that dies there and no other bytes are in the way. Needs lifetimes.
  bool overwrite(exec::LaunchOp launch, unsigned number);

  /// The most arena bytes alive at one launch: no plan is smaller. A concatenation counts as its parts. Needs lifetimes.
  int64_t liveBytes() const;

  const std::vector<Buffer> &all() const { return buffers; }
  /// Null for arguments, weights and unknown values.
  const Placement *find(mlir::Value value) const;

private:
  // A buffer moved into the coordinates of another.
  struct Moved {
    size_t buffer;
    int64_t shift;
  };
  int64_t bytesOf(mlir::Value value) const;
  void merge(llvm::ArrayRef<Moved> moved);
  llvm::SmallVector<Moved> arrange(mlir::ValueRange parts, llvm::ArrayRef<int64_t> slices) const;
  llvm::SmallVector<int64_t> slicesOf(mlir::ValueRange parts) const;
  llvm::SmallVector<bool> fit(mlir::ValueRange parts, llvm::ArrayRef<int64_t> slices, llvm::ArrayRef<Moved> moves) const;
  void findLifetimes(mlir::Block &block);
  mlir::LogicalResult gather(mlir::Block &block);

  bool perImage;
  std::vector<Buffer> buffers; // merged ones stay, empty
  llvm::DenseMap<mlir::Value, Placement> placements;
  llvm::DenseMap<mlir::Operation *, int64_t> positions; // of steps
};

/// True when the parts of a concatenation are contiguous slices of it that kernels may address: all that lies outside the axis is one, the
/// layouts agree, and slices start on whole channel blocks.
bool hasContiguousParts(cnn::ConcatOp op, bool perImage);

} // namespace cnnc
