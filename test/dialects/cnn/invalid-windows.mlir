// RUN: cnnc-opt %s -split-input-file -verify-diagnostics

func.func @conv2d_c1(%x: tensor<4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C1: the input must have rank 4 (N, C, H, W), got shape 4x9x9}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<8x7x7xf32>
  return
}

// -----

func.func @conv2d_c2(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C2: kernel must be two sizes (height, width) from 1 to 2^20}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c2_2(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C2: stride must be two steps (height, width) from 1 to 2^20}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 0, 1>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c2_3(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C2: dilation must be two factors (height, width) from 1 to 2^20}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, dilation = array<i64: 1, 4611686018427387904>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c2_4(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C2: pad must be four counts (top, left, bottom, right) from 0 to 2^20}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, pad = array<i64: 0, -1, 0, 0>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c3(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C3: groups = 3 must divide the 4 input channels and out_channels = 8}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, groups = 3 : i64, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c3_2(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C3: groups = 0 must divide the 4 input channels and out_channels = 8}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, groups = 0 : i64, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C4: the weight must have shape 8x4x5x5, got 8x4x3x3}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 5, 5>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x5x5xf32>
  return
}

// -----

func.func @conv2d_c4_2(%x: tensor<1x3x9x9xf32>, %y: tensor<8x2x3x3xf32>) {
  // expected-error @+1 {{conv2d C4: the weight must have shape 8x3x3x3, got 8x2x3x3}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<1x3x9x9xf32>, tensor<8x2x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c5(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>) {
  // expected-error @+1 {{conv2d C5: bias = true needs a bias operand}}
  %r = cnn.conv2d %x, %y {out_channels = 8 : i64, kernel = array<i64: 3, 3>} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c5_2(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>, %z: tensor<8xf32>) {
  // expected-error @+1 {{conv2d C5: bias = false takes no bias operand}}
  %r = cnn.conv2d %x, %y, %z {out_channels = 8 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>, tensor<8xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c5_3(%x: tensor<1x4x9x9xf32>, %y: tensor<8x4x3x3xf32>, %z: tensor<1xf32>) {
  // expected-error @+1 {{conv2d C5: the bias must have shape 8, got 1}}
  %r = cnn.conv2d %x, %y, %z {out_channels = 8 : i64, kernel = array<i64: 3, 3>} : (tensor<1x4x9x9xf32>, tensor<8x4x3x3xf32>, tensor<1xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv2d_c6(%x: tensor<1x1x2x2xf32>, %y: tensor<1x1x5x5xf32>) {
  // expected-error @+1 {{conv2d C6: the dilated kernel 5x5 does not fit the padded input of 1x1x2x2; enlarge the pads or the input}}
  %r = cnn.conv2d %x, %y {out_channels = 1 : i64, kernel = array<i64: 5, 5>, bias = false} : (tensor<1x1x2x2xf32>, tensor<1x1x5x5xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @conv2d_c6_2(%x: tensor<1x1x2x2xf32>, %y: tensor<1x1x3x3xf32>) {
  // expected-error @+1 {{conv2d C6: the dilated kernel 3x3 does not fit the padded input of 1x1x2x2; enlarge the pads or the input}}
  %r = cnn.conv2d %x, %y {out_channels = 1 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<1x1x2x2xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @lrn_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{lrn C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.lrn %x {size = 5 : i64} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @lrn_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{lrn C2: size must lie from 1 to 2^20, got 0}}
  %r = cnn.lrn %x {size = 0 : i64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{pad C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.pad %x {pad = array<i64: 0, 0, 0, 0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{pad C2: pad must be four counts (top, left, bottom, right) from -2^20 to 2^20}}
  %r = cnn.pad %x {pad = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @pad_c2_2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{pad C2: pad must be four counts (top, left, bottom, right) from -2^20 to 2^20}}
  %r = cnn.pad %x {pad = array<i64: 0, 0, 0, 4611686018427387904>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @pad_c3(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{pad C3: mode must be "constant", "reflect" or "edge", got "wrap"}}
  %r = cnn.pad %x {pad = array<i64: 0, 0, 0, 0>, mode = "wrap"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @pad_c4(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{pad C4: cropping leaves nothing of the input of 1x2x4x4}}
  %r = cnn.pad %x {pad = array<i64: -2, 5, -2, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @pad_c5(%x: tensor<1x1x1x2xf32>) {
  // expected-error @+1 {{pad C5: reflection by 2 needs more than the 2 cells that the axis has}}
  %r = cnn.pad %x {pad = array<i64: 0, 2, 0, 0>, mode = "reflect"} : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x4xf32>
  return
}

// -----

func.func @max_pool_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{max_pool C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.max_pool %x {kernel = array<i64: 2, 2>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @max_pool_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{max_pool C2: stride must be two steps (height, width) from 1 to 2^20}}
  %r = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, -1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @max_pool_c3(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{max_pool C3: no window of 5x5 fits the padded input of 1x2x4x4}}
  %r = cnn.max_pool %x {kernel = array<i64: 3, 3>, dilation = array<i64: 2, 2>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  return
}

// -----

func.func @max_pool_c4(%x: tensor<1x1x1x5xf32>) {
  // expected-error @+1 {{max_pool C4: a window of 1x2 covers only pad of the input of 1x1x1x5; keep pads below the kernel}}
  %r = cnn.max_pool %x {kernel = array<i64: 1, 2>, stride = array<i64: 1, 2>, pad = array<i64: 0, 2, 0, 3>} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x5xf32>
  return
}

// -----

// The dilated taps step over the whole input.
func.func @max_pool_c4_2(%x: tensor<1x1x1x2xf32>) {
  // expected-error @+1 {{max_pool C4: a window of 1x9 covers only pad of the input of 1x1x1x2; keep pads below the kernel}}
  %r = cnn.max_pool %x {kernel = array<i64: 1, 3>, dilation = array<i64: 1, 4>, pad = array<i64: 0, 5, 0, 4>} : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x3xf32>
  return
}

// -----

func.func @avg_pool_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{avg_pool C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.avg_pool %x {kernel = array<i64: 2, 2>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @avg_pool_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{avg_pool C2: kernel must be two sizes (height, width) from 1 to 2^20}}
  %r = cnn.avg_pool %x {kernel = array<i64: 2, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @avg_pool_c3(%x: tensor<1x1x7x7xf32>) {
  // expected-error @+1 {{avg_pool C3: no window of 1280x1280 fits the padded input of 1x1x7x7}}
  %r = cnn.avg_pool %x {kernel = array<i64: 1280, 1280>, stride = array<i64: 1280, 1280>} : (tensor<1x1x7x7xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @avg_pool_c4(%x: tensor<1x1x1x5xf32>) {
  // expected-error @+1 {{avg_pool C4: a window of 1x2 covers only pad of the input of 1x1x1x5; keep pads below the kernel}}
  %r = cnn.avg_pool %x {kernel = array<i64: 1, 2>, stride = array<i64: 1, 2>, pad = array<i64: 0, 2, 0, 3>} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x5xf32>
  return
}

// -----

func.func @avg_pool_c4_2(%x: tensor<1x1x1x5xf32>) {
  // expected-error @+1 {{avg_pool C4: a window of 1x2 covers only pad of the input of 1x1x1x5; keep pads below the kernel}}
  %r = cnn.avg_pool %x {kernel = array<i64: 1, 2>, stride = array<i64: 1, 2>, pad = array<i64: 0, 1, 0, 3>} : (tensor<1x1x1x5xf32>) -> tensor<1x1x1x4xf32>
  return
}

// -----

func.func @global_avg_pool_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{global_avg_pool C1: the input must have rank 4 (N, C, H, W), got shape 1x2}}
  %r = cnn.global_avg_pool %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @conv_transpose2d_c1(%x: tensor<4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C1: the input must have rank 4 (N, C, H, W), got shape 4x5x5}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, bias = false} : (tensor<4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c2(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C2: stride must be two steps (height, width) from 1 to 2^20}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 0, 1>, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c3(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C3: groups = 3 must divide the 4 input channels and out_channels = 8}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, groups = 3 : i64, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c4(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C4: output_padding must be two counts (height, width) from 0 to below the larger of stride and dilation; enlarge the result with cnn.pad}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, output_padding = array<i64: 0, 1>, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c4_2(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C4: output_padding must be two counts (height, width) from 0 to below the larger of stride and dilation; enlarge the result with cnn.pad}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, output_padding = array<i64: 0>, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c4_3(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C4: output_padding must be two counts (height, width) from 0 to below the larger of stride and dilation; enlarge the result with cnn.pad}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, output_padding = array<i64: -1, 0>, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c5(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C5: the weight must have shape 4x4x3x3, got 4x8x3x3}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, groups = 2 : i64, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c6(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C6: bias = true needs a bias operand}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @conv_transpose2d_c7(%x: tensor<1x4x5x5xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error @+1 {{conv_transpose2d C7: the pads leave nothing of the result of an input of 1x4x5x5 and a dilated kernel of 3x3; make them smaller}}
  %r = cnn.conv_transpose2d %x, %w {out_channels = 8 : i64, kernel = array<i64: 3, 3>, pad = array<i64: 4, 0, 3, 0>, bias = false} : (tensor<1x4x5x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x8x7x7xf32>
  return
}

// -----

func.func @spatial_pyramid_pool_c1(%x: tensor<2x4x4xf32>) {
  // expected-error @+1 {{spatial_pyramid_pool C1: the input must have rank 4 (N, C, H, W), got shape 2x4x4}}
  %r = cnn.spatial_pyramid_pool %x {levels = array<i64: 2, 1>} : (tensor<2x4x4xf32>) -> tensor<2x20xf32>
  return
}

// -----

func.func @spatial_pyramid_pool_c2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{spatial_pyramid_pool C2: levels must be 1 to 16 counts of bins from 1 to 2^10}}
  %r = cnn.spatial_pyramid_pool %x {levels = array<i64>} : (tensor<1x2x4x4xf32>) -> tensor<1x10xf32>
  return
}

// -----

func.func @spatial_pyramid_pool_c2_2(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{spatial_pyramid_pool C2: levels must be 1 to 16 counts of bins from 1 to 2^10}}
  %r = cnn.spatial_pyramid_pool %x {levels = array<i64: 2, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x10xf32>
  return
}

// -----

func.func @spatial_pyramid_pool_c2_3(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{spatial_pyramid_pool C2: levels must be 1 to 16 counts of bins from 1 to 2^10}}
  %r = cnn.spatial_pyramid_pool %x {levels = array<i64: 4611686018427387904>} : (tensor<1x2x4x4xf32>) -> tensor<1x10xf32>
  return
}

// -----

func.func @spatial_pyramid_pool_c3(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{spatial_pyramid_pool C3: mode must be "max" or "average", got "median"}}
  %r = cnn.spatial_pyramid_pool %x {levels = array<i64: 2, 1>, mode = "median"} : (tensor<1x2x4x4xf32>) -> tensor<1x10xf32>
  return
}
