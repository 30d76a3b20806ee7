// The dialect's ops: one pair of files an op family under ops/.
#ifndef CNN_OPS_TD
#define CNN_OPS_TD

include "dialects/cnn/ops/Constant.td"
include "dialects/cnn/ops/Conv2D.td"
include "dialects/cnn/ops/Relu.td"

#endif // CNN_OPS_TD
