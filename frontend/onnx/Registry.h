// Which function exports which cnn op: one row an op.
#pragma once

#include "frontend/onnx/Graph.h"

namespace cnnc::frontend {

struct OnnxRow {
  llvm::StringRef op; // "cnn.relu"
  llvm::LogicalResult (*function)(mlir::Operation *, OnnxLayer &, llvm::StringRef type);
  llvm::StringRef type; // of the ONNX op, for the rows of sameOpRow
};

template <auto Function> struct OnnxRowOf;
template <typename Op, llvm::LogicalResult (*Function)(Op, OnnxLayer &)> struct OnnxRowOf<Function> {
  static OnnxRow row() {
    return {Op::getOperationName(), [](mlir::Operation *op, OnnxLayer &layer, llvm::StringRef) { return Function(llvm::cast<Op>(op), layer); }, {}};
  }
};
/// The row of `LogicalResult function(SomeOp, OnnxLayer &)`.
template <auto Function> OnnxRow onnxRow() { return OnnxRowOf<Function>::row(); }

/// The row of an op that ONNX has with the same operands and without attributes.
template <typename Op> OnnxRow sameOpRow(llvm::StringRef type) {
  return {Op::getOperationName(),
          [](mlir::Operation *, OnnxLayer &layer, llvm::StringRef type) {
            layer.result(type, layer.inputs());
            return llvm::success();
          },
          type};
}

using OnnxRows = llvm::SmallVectorImpl<OnnxRow>;
void addBoxRows(OnnxRows &rows);
void addCandidateRows(OnnxRows &rows);
void addConvolutionRows(OnnxRows &rows);
void addElementwiseRows(OnnxRows &rows);
void addImageRows(OnnxRows &rows);
void addMaskRows(OnnxRows &rows);
void addNormalizationRows(OnnxRows &rows);
void addPictureRows(OnnxRows &rows);
void addPoolingRows(OnnxRows &rows);
void addProposalRows(OnnxRows &rows);
void addRegionRows(OnnxRows &rows);
void addShapeRows(OnnxRows &rows);

/// The row of an op by its full name, or null.
const OnnxRow *findOnnxRow(llvm::StringRef op);

} // namespace cnnc::frontend
