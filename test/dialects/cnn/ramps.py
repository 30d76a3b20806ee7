"""Prints convolutions of integer ramps as self-checking IR. The expected tensors come from a dull NumPy convolution, whose
checksums are those that ONNX Runtime gave. With `wrong`, one element is off, which the check must notice."""
import sys

import numpy as np

# input, weight, stride, pad (top, left, bottom, right), groups, then sum, sum of y[i] * (i mod 13), first and last element.
CASES = [
    ((1, 3, 18, 17), (4, 3, 3, 3), 2, (1, 1, 1, 1), 1, (62, 1863, 32, 26)),
    ((1, 3, 18, 18), (4, 3, 3, 3), 2, (1, 1, 1, 1), 1, (-50, -4920, 41, -13)),
    ((1, 3, 22, 20), (4, 3, 3, 3), 2, (1, 1, 1, 1), 1, (-13, 2267, 33, -28)),
    ((1, 1, 5, 5), (1, 1, 3, 3), 1, (1, 1, 1, 1), 1, (-22, 106, 4, -17)),
    ((1, 3, 5, 5), (5, 3, 3, 3), 1, (1, 1, 1, 1), 1, (-61, 630, 7, 3)),
    ((1, 5, 5, 5), (3, 5, 3, 3), 1, (1, 1, 1, 1), 1, (-139, -1242, -1, 7)),
    ((1, 17, 5, 5), (17, 17, 3, 3), 1, (1, 1, 1, 1), 1, (-203, -2842, 78, 4)),
    ((1, 1, 5, 5), (255, 1, 3, 3), 1, (1, 1, 1, 1), 1, (-11, 821, 4, -18)),
    ((1, 3, 6, 9), (2, 3, 1, 7), 1, (0, 3, 0, 3), 1, (-20, -204, -2, -2)),
    ((1, 3, 6, 9), (2, 3, 7, 1), 1, (3, 0, 3, 0), 1, (-36, 1668, 12, 6)),
    ((1, 7, 9, 5), (14, 1, 3, 3), 2, (1, 1, 1, 1), 7, (-43, -407, 4, -8)),
]


def ramp(shape, factor, offset, modulus, shift):
    count = int(np.prod(shape))
    return ((factor * np.arange(count) + offset) % modulus - shift).reshape(shape)


def convolve(x, w, stride, pad, groups):
    padded = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[2]), (pad[1], pad[3])))
    height = (padded.shape[2] - w.shape[2]) // stride + 1
    width = (padded.shape[3] - w.shape[3]) // stride + 1
    y = np.zeros((x.shape[0], w.shape[0], height, width), np.int64)
    for o in range(w.shape[0]):
        first = o // (w.shape[0] // groups) * w.shape[1]
        for row in range(height):
            for column in range(width):
                window = padded[:, first:first + w.shape[1], row * stride:row * stride + w.shape[2], column * stride:column * stride + w.shape[3]]
                y[:, o, row, column] = (window * w[o]).sum(axis=(1, 2, 3))
    return y


def constant(name, values):
    kind = "x".join(map(str, values.shape)) + "xf32"
    data = values.astype("<f4").tobytes().hex().upper()
    return f'  %{name} = cnn.constant dense<"0x{data}"> : tensor<{kind}>', f"tensor<{kind}>"


def main():
    for number, (input_shape, weight_shape, stride, pad, groups, checksum) in enumerate(CASES):
        x, w = ramp(input_shape, 7, 3, 11, 5), ramp(weight_shape, 5, 1, 7, 3)
        y = convolve(x, w, stride, pad, groups)
        flat = y.ravel()
        assert (flat.sum(), (flat * (np.arange(flat.size) % 13)).sum(), flat[0], flat[-1]) == checksum, (number, checksum)
        if sys.argv[1:] == ["wrong"]:
            y.ravel()[-1] += 1
        (x_line, x_type), (w_line, w_type), (e_line, e_type) = constant("x", x), constant("w", w), constant("e", y)
        attributes = (f"out_channels = {weight_shape[0]} : i64, kernel = array<i64: {weight_shape[2]}, {weight_shape[3]}>, stride = array<i64: {stride}, {stride}>, "
                      f"pad = array<i64: {', '.join(map(str, pad))}>, groups = {groups} : i64, bias = false")
        print(f"func.func @case{number}() {{", x_line, w_line, e_line, sep="\n")
        print(f"  %y = cnn.conv2d %x, %w {{{attributes}}} : ({x_type}, {w_type}) -> {e_type}")
        print(f"  check.expect_equal %y, %e : {e_type}\n  return\n}}")


main()
