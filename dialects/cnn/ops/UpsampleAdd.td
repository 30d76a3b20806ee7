#ifndef CNN_UPSAMPLEADD_TD
#define CNN_UPSAMPLEADD_TD
include "dialects/cnn/CnnBase.td"

def Cnn_UpsampleAddOp : Cnn_Op<"upsample_add", [ChannelBlockable]> {
  let summary = "`top` enlarged to the size of `lateral` by nearest neighbour, plus `lateral`: the merge of a feature pyramid (Lin et al. 2017).";
  let description = [{
    result[n, c, y, x] = lateral[n, c, y, x] + top[n, c, floor(y * top.H / H), floor(x * top.W / W)], the cell computed in f32 as torch does.
    Source: torch.nn.functional.interpolate(top, size=lateral.shape[-2:], mode="nearest") + lateral in torchvision's
    FeaturePyramidNetwork; ONNX Resize (mode nearest, asymmetric, floor) and Add.

    Constraints:
    - C1: both operands have rank 4.
    - C2: both have the same batch and channels.
    - C3: top is no larger than lateral along height and width.
  }];
  let arguments = (ins Cnn_F32:$top, Cnn_F32:$lateral);
  let results = (outs Cnn_F32:$result);
}

#endif
