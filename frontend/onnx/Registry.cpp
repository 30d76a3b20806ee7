// Which function exports which cnn op.
#include "frontend/onnx/Registry.h"

namespace cnnc::frontend {

const OnnxRow *findOnnxRow(llvm::StringRef op) {
  static const auto rows = [] {
    llvm::SmallVector<OnnxRow, 64> list;
    for (auto *add : {addBoxRows, addCandidateRows, addConvolutionRows, addElementwiseRows, addImageRows, addMaskRows, addNormalizationRows, addPictureRows,
                      addPoolingRows, addProposalRows, addRegionRows, addShapeRows})
      add(list);
    llvm::StringMap<OnnxRow> map;
    for (const OnnxRow &row : list)
      map.try_emplace(row.op, row);
    return map;
  }();
  auto found = rows.find(op);
  return found == rows.end() ? nullptr : &found->second;
}

} // namespace cnnc::frontend
