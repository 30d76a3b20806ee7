// What convolutions share, transposed or not: their attributes and what is checked of them.
#pragma once

#include "dialects/cnn/Window.h"

namespace cnnc::cnn {

struct Convolution {
  mlir::RankedTensorType input;
  int64_t outChannels, groups;
  bool bias;
  Window window;

  template <typename Attributes>
  Convolution(mlir::RankedTensorType input, Attributes attributes)
      : input(input), outChannels(static_cast<int64_t>(attributes.getOutChannels())), groups(static_cast<int64_t>(attributes.getGroups())),
        bias(attributes.getBias()), window{attributes.getKernel(), attributes.getStride(), attributes.getDilation(), attributes.getPad()} {}

  /// C1 to C3: the input's rank, the window, the groups.
  llvm::LogicalResult check(std::optional<mlir::Location> location, llvm::StringRef mnemonic) const;

  /// Appends the weight of the given shape and the bias, if there is one.
  llvm::LogicalResult addParameters(std::optional<mlir::Location> location, llvm::StringRef mnemonic, llvm::ArrayRef<int64_t> weightShape,
                                    llvm::SmallVectorImpl<ParameterDecl> &parameters) const;
};

} // namespace cnnc::cnn
