// What convolutions share, transposed or not.
#include "dialects/cnn/Convolution.h"

using namespace mlir;

namespace cnnc::cnn {

LogicalResult Convolution::check(std::optional<Location> location, StringRef mnemonic) const {
  if (failed(needsRank4(location, mnemonic + " C1", input)) || failed(window.check(location, (mnemonic + " C2").str())))
    return failure();
  int64_t channels = input.getDimSize(1);
  if (groups < 1 || outChannels < 1 || channels % groups || outChannels % groups)
    return violates(location, mnemonic + " C3",
                    "groups = " + Twine(groups) + " must divide the " + Twine(channels) + " input channels and out_channels = " + Twine(outChannels));
  return success();
}

LogicalResult Convolution::addParameters(std::optional<Location> location, StringRef mnemonic, ArrayRef<int64_t> weightShape,
                                         SmallVectorImpl<ParameterDecl> &parameters) const {
  RankedTensorType weight = withShape(input, weightShape);
  if (failed(checkTensor(location, mnemonic, "the weight", weight)))
    return failure();
  parameters.push_back({"weight", weight});
  if (bias)
    parameters.push_back({"bias", withShape(input, outChannels)});
  return success();
}

} // namespace cnnc::cnn
