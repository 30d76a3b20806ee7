// The dialect's ops: one pair of files an op family under ops/.
#ifndef CNN_OPS_TD
#define CNN_OPS_TD

include "dialects/cnn/ops/Anchors.td"
include "dialects/cnn/ops/Arithmetic.td"
include "dialects/cnn/ops/BatchNorm.td"
include "dialects/cnn/ops/Boxes.td"
include "dialects/cnn/ops/Concat.td"
include "dialects/cnn/ops/Constant.td"
include "dialects/cnn/ops/Conv2D.td"
include "dialects/cnn/ops/ConvTranspose2D.td"
include "dialects/cnn/ops/ConvertLayout.td"
include "dialects/cnn/ops/Dense.td"
include "dialects/cnn/ops/Identity.td"
include "dialects/cnn/ops/Image.td"
include "dialects/cnn/ops/ImageToBatch.td"
include "dialects/cnn/ops/Lrn.td"
include "dialects/cnn/ops/Masks.td"
include "dialects/cnn/ops/Nms.td"
include "dialects/cnn/ops/Pad.td"
include "dialects/cnn/ops/Pool.td"
include "dialects/cnn/ops/Proposals.td"
include "dialects/cnn/ops/Relu.td"
include "dialects/cnn/ops/Reshape.td"
include "dialects/cnn/ops/Roi.td"
include "dialects/cnn/ops/Sigmoid.td"
include "dialects/cnn/ops/Softmax.td"
include "dialects/cnn/ops/SpatialPyramidPool.td"
include "dialects/cnn/ops/TopK.td"
include "dialects/cnn/ops/UpsampleAdd.td"
include "dialects/cnn/ops/WarpRois.td"

#endif // CNN_OPS_TD
