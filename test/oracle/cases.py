"""Corner cases that compilers are known to get wrong, each with its answer: what is computed, and why it is hard.

CASES: nets whose results are known, as values or as a checksum. REJECTED: nets that have no meaning. Values are by definition
or from ONNX; reference, ONNX Runtime and compiled library must all give them.
"""

import unittest
from dataclasses import dataclass
from typing import Callable

import numpy as np

from nets import Integers, Net
from oracle_test import OracleTest

NAN, INF = float("nan"), float("inf")


@dataclass
class Case:
    why: str
    build: Callable[[Net], Net]
    name: str
    tolerance: float = 0.0      # absolute; 0: bit for bit
    checksum: tuple = None      # (sum, weighted sum, first, last), see checksum()
    shape: tuple = None

    def net(self):
        return self.build(Net(self.name, Integers(), exact=self.tolerance == 0))


def checksum(values):
    """(sum, sum of values[i] * (i mod 13), first, last) of a flattened integer-valued result."""
    flat = np.asarray(values, np.float64).ravel()
    return (flat.sum(), (flat * (np.arange(flat.size) % 13)).sum(), flat[0], flat[-1])


def gx(shape):
    """Integers -5..5: -2 5 1 -3 4 0 -4 3 -1 -5 ..."""
    flat = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((7 * flat + 3) % 11 - 5).reshape(shape)


def gw(shape):
    """Integers -3..3: -2 3 1 -1 -3 2 0 ..."""
    flat = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((5 * flat + 1) % 7 - 3).reshape(shape)


def conv(values, shape, weight, kernel, expected=None, out=1, groups=1, **attributes):
    """A bias-free convolution of the given values by the given weights."""
    def build(net):
        x = net.input(shape, value=values)
        return net.output(net.conv2d(x, shape[1], out, kernel, groups=groups, bias=False, weight=weight, **attributes), expected=expected)
    return build


def conv_transpose(values, shape, weight, kernel, expected, **attributes):
    """A transposed convolution of one channel by the given weights."""
    def build(net):
        x = net.input(shape, value=values)
        attributes.setdefault("bias", False)
        return net.output(net.conv_transpose2d(x, 1, 1, kernel, weight=weight, **attributes), expected=expected)
    return build


def ramp_conv(shape, out, kernel, **attributes):
    groups = attributes.get("groups", 1)
    return conv(gx(shape), shape, gw((out, shape[1] // groups, *kernel)), kernel, out=out, **attributes)


def unary(op, values, expected=None, shape=None, **attributes):
    """One op without parameters; 1-D values lie along the width, 2-D ones fill the plane."""
    values = np.asarray(values, np.float32)
    shape = shape or (1, 1, *((1,) * (2 - values.ndim)), *values.shape)

    def build(net):
        return net.output(net.layer(op, net.input(shape, value=values), **attributes), expected=expected)
    return build


def square(n, first=1):
    return np.arange(first, first + n * n, dtype=np.float32).reshape(n, n)


CONVOLUTIONS = [
    Case("four different pads", conv([1, 2, 3, 4], (1, 1, 2, 2), [1, 2, 3, 4], (2, 2), pad=[1, 2, 0, 3],
                                     expected=[[[[0, 4, 11, 6, 0, 0], [0, 14, 30, 14, 0, 0]]]]), "conv_four_pads"),
    Case("stride beyond the kernel, no pad: the middle is skipped", conv([1, 1.1, 1.2], (1, 1, 3, 1), [1], (1, 1), stride=[3, 1], expected=[[[[1]]]]), "conv_stride_beyond_kernel"),
    Case("pad on the far side only", conv(range(1, 7), (1, 1, 1, 6), [1, 1, 1], (1, 3), stride=[1, 2], pad=[0, 0, 0, 1], expected=[[[[6, 12, 11]]]]), "conv_far_pad"),
    Case("a 1x1 kernel still has a stride", conv(square(3), (1, 1, 3, 3), [1], (1, 1), stride=[2, 2], expected=[[[[1, 3], [7, 9]]]]), "conv_1x1_stride"),
    Case("dilation on one axis", conv(np.arange(60), (1, 1, 30, 2), [1, 1, 1], (3, 1), dilation=[2, 1], pad=[2, 0, 2, 0],
                                      expected=sum(np.pad(np.arange(60.0).reshape(30, 2), ((2, 2), (0, 0)))[k:k + 30] for k in (0, 2, 4))[None, None]), "conv_dilation_height"),
    Case("depthwise with a multiplier keeps a group's outputs together", conv([3, 5], (1, 2, 1, 1), range(1, 7), (1, 1), out=6, groups=2,
                                                                              expected=np.reshape([3, 6, 9, 20, 25, 30], (1, 6, 1, 1))), "conv_multiplier"),
    Case("an even kernel at the right border", conv(square(4), (1, 1, 4, 4), [1] * 4, (2, 2), expected=[[[[14, 18, 22], [30, 34, 38], [46, 50, 54]]]]), "conv_even_kernel"),
    Case("width computed with the width's dilation", conv(np.arange(45), (1, 1, 5, 9), [1] * 3, (1, 3), dilation=[1, 4],
                                                          expected=np.reshape([12, 39, 66, 93, 120], (1, 1, 5, 1))), "conv_dilation_width"),
    Case("unequal pads with a stride", conv(np.ones(35), (1, 1, 7, 5), [1] * 9, (3, 3), pad=[1, 0, 1, 0], stride=[2, 2], expected=[[[[6, 6], [9, 9], [9, 9], [6, 6]]]]), "conv_pads_stride"),
    Case("1xN kernel", ramp_conv((1, 3, 6, 9), 2, (1, 7), pad=[0, 3, 0, 3]), "conv_1x7", checksum=(-20, -204, -2, -2), shape=(1, 2, 6, 9)),
    Case("Nx1 kernel", ramp_conv((1, 3, 6, 9), 2, (7, 1), pad=[3, 0, 3, 0]), "conv_7x1", checksum=(-36, 1668, 12, 6), shape=(1, 2, 6, 9)),
    Case("depthwise, odd channels, multiplier 2, stride 2", ramp_conv((1, 7, 9, 5), 14, (3, 3), groups=7, pad=[1] * 4, stride=[2, 2]), "conv_multiplier_stride",
         checksum=(-43, -407, 4, -8), shape=(1, 14, 5, 3)),
] + [
    Case("a plane that is no multiple of the vector", ramp_conv((1, 3, *size), 4, (3, 3), pad=[1] * 4, stride=[2, 2]), f"conv_plane_{size[0]}x{size[1]}", checksum=sums)
    for size, sums in {(18, 17): (62, 1863, 32, 26), (18, 18): (-50, -4920, 41, -13), (22, 20): (-13, 2267, 33, -28)}.items()
] + [
    Case("channel counts beside the vector", ramp_conv((1, channels, 5, 5), out, (3, 3), pad=[1] * 4), f"conv_channels_{channels}_{out}", checksum=sums, shape=(1, out, 5, 5))
    for (channels, out), sums in {(1, 1): (-22, 106, 4, -17), (3, 5): (-61, 630, 7, 3), (5, 3): (-139, -1242, -1, 7), (17, 17): (-203, -2842, 78, 4),
                                  (1, 255): (-11, 821, 4, -18)}.items()
]

NEAREST = [
    Case("nearest to an odd size", unary("resize", [1, 2, 3], [[[[1, 1, 2, 2, 3]]]], size=[1, 5], mode="nearest"), "nearest_odd"),
    Case("nearest by a whole number", unary("resize", range(4), [[[[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]]]], size=[1, 12], mode="nearest"), "nearest_3"),
    Case("nearest repeats cells", unary("resize", square(4), np.repeat(np.repeat(square(4), 2, 0), 2, 1)[None, None], size=[8, 8], mode="nearest"), "nearest_double"),
]

TRANSPOSED = [
    Case("the extra pad of an odd total at the end", conv_transpose([1, 10], (1, 1, 1, 2), [1, 2, 3], (1, 3), [[[[1, 2, 13, 20]]]], stride=[1, 2], pad=[0, 0, 0, 1]), "transposed_pad_end"),
    Case("the extra pad of an odd total at the begin", conv_transpose([1, 10], (1, 1, 1, 2), [1, 2, 3], (1, 3), [[[[2, 13, 20, 30]]]], stride=[1, 2], pad=[0, 1, 0, 0]),
         "transposed_pad_begin"),
    Case("dilation and stride lengthen the result together", conv_transpose([1, 10], (1, 1, 2, 1), [1, 2, 3], (3, 1), np.reshape([1, 0, 10, 2, 0, 20, 3, 0, 30], (1, 1, 9, 1)), stride=[2, 1],
                                                                            dilation=[3, 1]), "transposed_dilation"),
    Case("the bias reaches the output padding", conv_transpose([1, 2], (1, 1, 1, 2), [1, 1, 1], (1, 3), [[[[1.5, 1.5, 3.5, 2.5, 2.5, .5]]]], stride=[1, 2], output_padding=[0, 1], bias=True,
                                                               bias_value=[.5]), "transposed_output_padding"),
]

POOLS = [
    Case("cells past the end do not count", unary("avg_pool", range(1, 6), [[[[1.5, 3.5, 5.0]]]], kernel=[1, 2], stride=[1, 2], ceil_mode=True, count_include_pad=True), "avg_pool_overhang"),
    Case("pad cells count, cells past the pad do not", unary("avg_pool", range(1, 10), [[[[10 / 7, 4, 39 / 7, 4]]]], kernel=[1, 7], stride=[1, 3], pad=[0, 3, 0, 3], ceil_mode=True,
                                                            count_include_pad=True), "avg_pool_pad_overhang", tolerance=1e-6),
    Case("a window that starts in the end pad is dropped", unary("max_pool", square(5), [[[[1, 3, 5], [11, 13, 15], [21, 23, 25]]]], kernel=[2, 2], stride=[2, 2], pad=[1] * 4,
                                                                 ceil_mode=True), "max_pool_dropped_window"),
    Case("a 1x1 window rounds up once, not twice", unary("max_pool", square(4, 0), [[[[0, 2], [8, 10]]]], kernel=[1, 1], stride=[2, 2], ceil_mode=True), "max_pool_1x1"),
    Case("a kernel far beyond the input", unary("avg_pool", square(7), [[[[25.0]]]], kernel=[1280, 1280], stride=[1280, 1280], ceil_mode=True), "avg_pool_huge_kernel"),
    Case("an average of ones is never above one", unary("avg_pool", np.ones((5, 5)), [[[[4 / 9, 2 / 3, 4 / 9], [2 / 3, 1, 2 / 3], [4 / 9, 2 / 3, 4 / 9]]]], kernel=[3, 3], stride=[2, 2],
                                                        pad=[1, 1, 2, 2], ceil_mode=True, count_include_pad=True), "avg_pool_ones", tolerance=1e-6),
    Case("pad is no zero in a maximum", unary("max_pool", -np.ones((2, 2)), -np.ones((1, 1, 2, 2)), kernel=[2, 2], stride=[2, 2], pad=[1] * 4), "max_pool_negative"),
]


PADS = [
    Case("a negative pad crops", unary("pad", [1, 2, 3, 4], [[[[2, 3, 4, 0, 0]]]], pad=[0, -1, 0, 2]), "pad_crop"),
    Case("cropping comes before reflection", unary("pad", range(5), [[[[2, 3, 4, 3]]]], pad=[0, -2, 0, 1], mode="reflect"), "pad_crop_reflect"),
    Case("edges repeat", unary("pad", [[1, 2], [3, 4]], [[[[1, 1, 2], [1, 1, 2], [3, 3, 4]]]], pad=[1, 1, 0, 0], mode="edge"), "pad_edge"),
    Case("an average over pads alone is zero when they count", unary("avg_pool", range(1, 6), [[[[0, 1.5, 3.5, 2.5, 0]]]], kernel=[1, 2], stride=[1, 2], pad=[0, 2, 0, 3],
                                                                     count_include_pad=True), "avg_pool_pads_alone"),
]


def conv_batch_norm(net):
    c = net.conv2d(net.input((1, 1, 1, 1), value=2), 1, 1, (1, 1), bias=False, weight=[3])
    return net.output(net.batch_norm(c, 1, gamma=2, beta=5, mean=1, var=4), expected=[[[[9.9999938]]]])


def no_variance(gamma, beta, expected):
    return lambda net: net.output(net.batch_norm(net.input((1, 1, 1, 1), value=.501), 1, 1e-3, gamma, beta, .5, 0.0), expected=[[[[expected]]]])


def second_consumer(net):
    c = net.conv2d(net.input((1, 1, 1, 1), value=-1), 1, 1, (1, 1), bias=False, weight=[1])
    return net.output(net.layer("add", c, net.layer("relu", c)), expected=[[[[-1]]]]).output(c, "c", [[[[-1]]]])


def second_consumer_of_pool(net):
    c = net.layer("max_pool", net.input((1, 1, 1, 1), value=-1), kernel=[1, 1], stride=[1, 1])
    return net.output(net.layer("add", c, net.layer("relu", c)), expected=[[[[-1]]]])


def full_size_addend(net):
    c = net.conv2d(net.input((1, 2, 1, 2), value=[1, 2, 3, 4]), 2, 2, (1, 1), groups=2, bias=False, weight=[1, 1])
    addend = net.input((1, 2, 1, 2), "addend", value=[10, 20, 30, 40])
    return net.output(net.layer("add", c, addend), expected=[[[[11, 22]], [[33, 44]]]])


def pointwise_relu(shape):
    def build(net):
        channels = shape[1]
        c = net.conv2d(net.input(shape, value=gx(shape)), channels, channels, (1, 1), weight=gw((channels, channels, 1, 1)), bias_value=np.ones(channels))
        return net.output(net.layer("relu", c))
    return build


def pass_through(net):
    x = net.input((1, 3), value=[1, 2, 3])
    return net.output(net.bias(x, 3), expected=np.array([[1, 2, 3]]) + net.data.vector((3,))).output(x, "same", [[1, 2, 3]])


FUSIONS = [
    Case("a batch norm behind a convolution without bias", conv_batch_norm, "fold_without_bias", tolerance=2e-6),
    Case("zero variance: the epsilon is the model's own", no_variance(1, 0, .0316228), "zero_variance", tolerance=1e-6),
    Case("zero gamma", no_variance(0, 7, 7), "zero_gamma"),
    Case("an activation fused into a convolution that others read", second_consumer, "second_consumer_conv"),
    Case("the same behind a pool", second_consumer_of_pool, "second_consumer_pool"),
    Case("an addend of full size is no bias", full_size_addend, "full_size_addend"),
    Case("an input that is also an output", pass_through, "pass_through"),
] + [
    Case("extents below the vector width", pointwise_relu(shape), f"narrow_{'x'.join(map(str, shape))}", checksum=sums)
    for shape, sums in {(1, 3, 2, 2): (61, 288, 16, 0), (1, 1, 1, 1): (5, 0, 5, 5), (1, 2, 1, 13): (112, 670, 8, 9), (1, 5, 3, 7): (729, 4448, 0, 8)}.items()
]

VALUES = [
    Case("softmax of large logits", unary("softmax", [[1000, 1001, 1002]], [[.09003057, .24472847, .66524096]], shape=(1, 3), axis=1), "softmax_large", tolerance=1e-6),
    Case("softmax with one dominant logit", unary("softmax", [[800, 1, 1]], [[1, 0, 0]], shape=(1, 3), axis=1), "softmax_dominant", tolerance=1e-6),
    Case("softmax with a masked logit", unary("softmax", [[-INF, 0]], [[0, 1]], shape=(1, 2), axis=1), "softmax_masked", tolerance=1e-6),
    Case("softmax with all logits masked has no answer", unary("softmax", [[-INF, -INF]], [[NAN, NAN]], shape=(1, 2), axis=1), "softmax_all_masked"),
    Case("the softmax axis is one axis, not all behind it", unary("softmax", np.zeros((1, 2, 2)), np.full((1, 2, 2), .5), shape=(1, 2, 2), axis=2), "softmax_axis", tolerance=1e-6),
    Case("NaN through relu", unary("relu", [NAN, -1, 2, NAN], [[[[NAN, 0, 2, NAN]]]]), "nan_relu"),
    Case("NaN through relu6", unary("relu6", [NAN, -1, 2, NAN], [[[[NAN, 0, 2, NAN]]]]), "nan_relu6"),
    Case("NaN through clip", unary("clip", [NAN, -1, 2, NAN], [[[[NAN, 0, 2, NAN]]]], min=0.0, max=6.0), "nan_clip"),
    Case("NaN through tanh", unary("tanh", [NAN, NAN, NAN], [[[[NAN] * 3]]]), "nan_tanh"),
    Case("NaN through sigmoid", unary("sigmoid", [NAN, NAN, NAN], [[[[NAN] * 3]]]), "nan_sigmoid"),
    Case("NaN through leaky_relu", unary("leaky_relu", [NAN, -1, 2, NAN], [[[[NAN, -.01, 2, NAN]]]], alpha=0.01), "nan_leaky_relu", tolerance=1e-9),
    Case("NaN through hard_swish", unary("hard_swish", [NAN, -1, 2, NAN], [[[[NAN, -1 / 3, 5 / 3, NAN]]]]), "nan_hard_swish", tolerance=1e-6),
    Case("tanh far out", unary("tanh", [INF, -INF, 1e4, -1e4], [[[[1, -1, 1, -1]]]]), "far_tanh"),
    Case("sigmoid far out", unary("sigmoid", [INF, -INF, 1e4, -1e4], [[[[1, 0, 1, 0]]]]), "far_sigmoid", tolerance=1e-30),
] + [
    Case("NaN in every vector tail", unary("relu", np.full(length, NAN), np.full((1, 1, 1, length), NAN)), f"nan_tail_{length}") for length in range(1, 34)
] + [
    Case("NaN through a relu fused behind a convolution", lambda net: net.output(net.layer("relu", net.conv2d(
        net.input((1, 1, 1, 4), value=[NAN, -1, 2, NAN]), 1, 1, (1, 1), bias=False, weight=[1])), expected=[[[[NAN, 0, 2, NAN]]]]), "nan_fused_relu"),
]

CASES = CONVOLUTIONS + TRANSPOSED + NEAREST + POOLS + PADS + FUSIONS + VALUES

REJECTED = [
    Case("the kernel does not fit", conv([1] * 4, (1, 1, 2, 2), [1] * 25, (5, 5)), "kernel_5x5_on_2x2"),
    Case("the kernel does not fit by one", conv([1] * 4, (1, 1, 2, 2), [1] * 9, (3, 3)), "kernel_3x3_on_2x2"),
    Case("a pool beyond the input without ceil_mode", unary("avg_pool", square(7), kernel=[1280, 1280], stride=[1280, 1280]), "pool_beyond_input"),
    Case("an average over no cell", unary("avg_pool", range(1, 6), kernel=[1, 2], stride=[1, 2], pad=[0, 2, 0, 3]), "average_of_nothing"),
    Case("a maximum over no cell", unary("max_pool", range(1, 6), kernel=[1, 2], stride=[1, 2], pad=[0, 2, 0, 3]), "maximum_of_nothing"),
    Case("a reflection wider than the plane", unary("pad", [1, 2], pad=[0, 2, 0, 0], mode="reflect"), "reflect_too_wide"),
    Case("groups that do not divide the channels", ramp_conv((1, 6, 3, 3), 5, (1, 1), groups=5), "groups_5_of_6"),
]


class Cases(OracleTest):
    nets = [case.net() for case in CASES]

    def check(self, who, case, net, outputs):
        if net.expected:
            self.expect(who, outputs, net.expected, {name: case.tolerance for name in net.expected})
        if case.checksum:
            self.assertEqual(checksum(outputs["y"]), case.checksum, who)
        if case.shape:
            self.assertEqual(outputs["y"].shape, case.shape, who)

    def each_case(self, outputs_of):
        for case, net in zip(CASES, self.nets):
            with self.subTest(case=case.name, why=case.why):
                who, outputs = outputs_of(net)
                self.check(who, case, net, outputs)

    def test_every_case_has_an_answer(self):
        self.assertEqual([case.name for case, net in zip(CASES, self.nets) if not (net.expected or case.checksum)], [])

    def test_onnxruntime(self):
        self.each_case(lambda net: ("onnxruntime", self.oracles(net)[0]))

    def test_reference(self):
        self.each_case(lambda net: ("reference", {name: array.astype(np.float32) for name, array in self.oracles(net)[1].items()}))

    def test_library(self):
        self.workshop.compile(self.nets)
        self.each_case(lambda net: ("library", self.workshop.library(net, 2)))


class Rejections(OracleTest):
    nets = [case.net() for case in REJECTED]

    def test_import(self):
        """Exit status 1, and a message that names the op and its layer."""
        for case, net in zip(REJECTED, self.nets):
            with self.subTest(case=case.name, why=case.why):
                status, message = self.workshop.rejection(net)
                self.assertEqual(status, 1, message)
                self.assertIn(net.layers[0]["name"], message)
                self.assertFalse((self.workshop.path / f"{net.name}.onnx").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
