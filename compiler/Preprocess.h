// The usual preparation of a picture for an ImageNet classifier.
#pragma once

#include "compiler/Npy.h"

namespace cnnc {

/// u8 [1, h, w, 3] -> f32 `shape` = [1, 3, H, W]: resize of the shorter side to H * 256 / 224 with antialiasing, centre crop, ImageNet mean
/// and deviation, all by the cnn dialect's reference. Source: torchvision.transforms of ImageClassification presets.
llvm::Expected<Array> imagenetInput(const Array &picture, const std::vector<int64_t> &shape);

} // namespace cnnc
