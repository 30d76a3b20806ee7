"""The networks of ops_against_ort: for each op family a sample of its odd corners, the same ones every time."""

import itertools
import random

from nets import Floats, Integers, Net

CHANNELS = [1, 3, 5, 17, 33]
SIZES = [1, 2, 7, 13]
PADS = [[0, 0, 0, 0], [1, 1, 1, 1], [1, 2, 0, 3], [0, 1, 2, 0], [3, 3, 3, 3]]


def sample(family, count, **axes):
    """`count` points of the product of `axes` (all, when it is smaller), fixed by the family's name, as dicts."""
    points = list(itertools.product(*axes.values()))
    chosen = random.Random(family).sample(points, min(count, len(points)))
    return [dict(zip(axes, point)) for point in sorted(chosen, key=points.index)]


def extent(size, kernel, stride, dilation, pads):
    """Windows along one axis, rounded down; 0 or less when the dilated kernel does not fit."""
    return (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1


def fits(point):
    """Whether the dilated kernel fits the padded input."""
    pad, dilation = point["pad"], point.get("dilation", [1, 1])
    return all(extent(point["size"][axis], point["kernel"][axis], point["stride"][axis], dilation[axis], (pad[axis], pad[axis + 2])) > 0 for axis in (0, 1))


def covers(point):
    """Whether each window of a pool reads an input cell: the others have no maximum, and no average when pads do not count."""
    for axis in (0, 1):
        size, kernel, stride = (point[key][axis] for key in ("size", "kernel", "stride"))
        dilation, first, last = point.get("dilation", [1, 1])[axis], point["pad"][axis], point["pad"][axis + 2]
        room = size + first + last - dilation * (kernel - 1) - 1
        windows = (-(-room // stride) if point["ceil_mode"] else room // stride) + 1
        if point["ceil_mode"] and (windows - 1) * stride >= size + first:
            windows -= 1
        starts = [index * stride - first for index in range(windows)]
        if not starts or not all(any(0 <= start + tap * dilation < size for tap in range(kernel)) for start in starts):
            return False
    return True


def both(family, index, build):
    """The network twice: with integers, exact, and with floats, bounded."""
    return [build(Net(f"{family}_{index}_i", Integers())), build(Net(f"{family}_{index}_f", Floats(index)))]


def conv2d():
    points = sample("conv2d", 70, channels=CHANNELS, out=[1, 5, 16, 33], kernel=[[1, 1], [3, 3], [2, 3], [5, 1], [1, 7]], stride=[[1, 1], [2, 2], [2, 1], [3, 2]],
                    dilation=[[1, 1], [1, 1], [2, 1], [2, 3]], pad=PADS, size=[[7, 13], [13, 7], [2, 2], [1, 13], [9, 9]], bias=[True, False])
    for index, point in enumerate(filter(fits, points)):
        def build(net, point=point):
            x = net.input([1, point["channels"], *point["size"]])
            keys = {key: point[key] for key in ("stride", "dilation", "pad")}
            return net.output(net.conv2d(x, point["channels"], point["out"], point["kernel"], bias=point["bias"], **keys))
        yield from both("conv2d", index, build)


def grouped():
    points = sample("grouped", 30, shape=[(4, 8, 2), (6, 9, 3), (5, 5, 5), (17, 17, 17), (33, 33, 33), (3, 6, 3), (7, 14, 7), (16, 16, 16), (32, 64, 32)],
                    kernel=[[3, 3], [1, 1], [5, 3]], stride=[[1, 1], [2, 2], [1, 2]], dilation=[[1, 1], [2, 2]], pad=PADS, size=[[7, 13], [9, 5], [13, 13]])
    for index, point in enumerate(filter(fits, points)):
        def build(net, point=point):
            channels, out, groups = point["shape"]
            x = net.input([2, channels, *point["size"]])
            keys = {key: point[key] for key in ("stride", "dilation", "pad")}
            return net.output(net.conv2d(x, channels, out, point["kernel"], groups=groups, **keys))
        yield from both("grouped", index, build)


def transposed():
    points = sample("transposed", 40, shape=[(3, 5, 1), (17, 33, 1), (5, 16, 1), (6, 9, 3), (17, 17, 17), (32, 64, 2)], kernel=[[2, 2], [3, 3], [4, 4], [1, 5]],
                    stride=[[2, 2], [1, 1], [3, 2]], dilation=[[1, 1], [1, 1], [2, 3]], pad=[[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 2, 0]], grow=[[0, 0], [1, 0], [1, 1]],
                    size=[[7, 5], [3, 3], [1, 9]], bias=[True, False])
    for index, point in enumerate(points):
        grow = [min(more, max(point["stride"][axis], point["dilation"][axis]) - 1) for axis, more in enumerate(point["grow"])]
        rows = [(point["size"][axis] - 1) * point["stride"][axis] + point["dilation"][axis] * (point["kernel"][axis] - 1) + 1 + grow[axis] - point["pad"][axis] -
                point["pad"][axis + 2] for axis in (0, 1)]
        if min(rows) < 1:
            continue

        def build(net, point=point, grow=grow):
            channels, out, groups = point["shape"]
            x = net.input([2, channels, *point["size"]])
            keys = {key: point[key] for key in ("stride", "dilation", "pad")}
            return net.output(net.conv_transpose2d(x, channels, out, point["kernel"], groups=groups, bias=point["bias"], output_padding=grow, **keys))
        yield from both("transposed", index, build)


def dense():
    for index, point in enumerate(sample("dense", 12, batch=[1, 2, 5], features=[1, 7, 33, 257], out=[1, 5, 16, 100], bias=[True, False])):
        def build(net, point=point):
            x = net.input([point["batch"], point["features"]])
            return net.output(net.dense(x, point["features"], point["out"], bias=point["bias"]))
        yield from both("dense", index, build)


ACTIVATIONS = [("relu", {}), ("relu6", {}), ("clip", {"min": -2.0, "max": 3.0}), ("leaky_relu", {"alpha": 0.5}), ("dropout", {}), ("identity", {}),
               ("sigmoid", {}), ("hard_sigmoid", {}), ("hard_sigmoid", {"alpha": 0.2, "beta": 0.5}), ("hard_swish", {}), ("silu", {}), ("tanh", {})]
EXACT_ACTIVATIONS = 6  # the first so many of ACTIVATIONS round nothing


def activations():
    for index, (op, attributes) in enumerate(ACTIVATIONS):
        for shape in ([1, 3, 7, 13], [2, 17, 1, 1], [1, 1, 2, 2], [3, 33]):
            exact = index < EXACT_ACTIVATIONS
            net = Net(f"{op}_{index}_{'x'.join(map(str, shape))}", Floats(index), exact=exact, relative=None if exact else 2e-6)
            yield net.output(net.layer(op, net.input(shape), **attributes))


def arithmetic():
    shapes = [([1, 5, 7, 13], [1, 5, 7, 13]), ([1, 5, 7, 13], [1, 5, 1, 1]), ([1, 17, 1, 13], [1, 1, 7, 1]), ([2, 33], [1, 33]), ([2, 3, 2, 2], [3, 1, 1])]
    for op, (index, (left, right)) in itertools.product(("add", "mul"), enumerate(shapes)):
        for data in (Integers(), Floats(index)):
            net = Net(f"{op}_{index}_{'i' if data.exact else 'f'}", data, exact=True)
            yield net.output(net.layer(op, net.input(left, "a"), net.input(right, "b")))


def normalization():
    for channels in CHANNELS:
        for index, shape in enumerate(([1, channels, 7, 2], [3, channels])):
            net = Net(f"bias_{channels}_{index}", Floats(channels), exact=True)
            yield net.output(net.bias(net.input(shape), channels))
            net = Net(f"batch_norm_{channels}_{index}", Floats(channels), relative=2e-6)
            yield net.output(net.batch_norm(net.input(shape), channels, epsilon=1e-3))
    for index, point in enumerate(sample("lrn", 8, size=[1, 3, 5, 4], alpha=[1e-4, 0.5], beta=[0.75, 0.5], k=[1.0, 2.0], channels=CHANNELS)):
        net = Net(f"lrn_{index}", Floats(index), relative=4e-6)
        x = net.input([2, point.pop("channels"), 3, 5])
        yield net.output(net.layer("lrn", x, **point))
    for index, (shape, axis) in enumerate([([2, 10], 1), ([1, 1000], -1), ([1, 5, 3, 7], 1), ([1, 5, 3, 7], 3), ([2, 1], 1), ([1, 17, 2], 2)]):
        net = Net(f"softmax_{index}", Floats(index), relative=4e-6)
        yield net.output(net.layer("softmax", net.input(shape), axis=axis))


def pools():
    """max_pool and avg_pool: overhanging windows, dilated ones, pads as wide as the kernel."""
    points = sample("max_pool", 30, channels=[1, 3, 17], kernel=[[2, 2], [3, 2], [1, 3]], stride=[[1, 1], [2, 2], [3, 2]], dilation=[[1, 1], [2, 3]],
                    pad=[[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 3], [2, 0, 0, 2]], size=[[7, 13], [6, 6]], ceil_mode=[False, True])
    for index, point in enumerate(point for point in points if covers(point)):
        net = Net(f"max_pool_{index}", Integers())
        yield net.output(net.layer("max_pool", net.input([1, point.pop("channels"), *point.pop("size")]), **point))
    points = sample("avg_pool", 60, channels=[1, 3, 17], kernel=[[2, 2], [3, 3], [3, 2], [5, 5]], stride=[[1, 1], [2, 2], [3, 2]],
                    pad=[[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 1], [0, 3, 3, 1]], size=[[7, 13], [6, 6], [5, 9]], ceil_mode=[False, True], count_include_pad=[False, True])
    for index, point in enumerate(point for point in points if point["count_include_pad"] or covers(point)):
        net = Net(f"avg_pool_{index}", Floats(index), terms=25)
        yield net.output(net.layer("avg_pool", net.input([1, point.pop("channels"), *point.pop("size")]), **point))
    for index, (channels, size) in enumerate(itertools.product(CHANNELS, ([1, 1], [7, 7], [13, 2]))):
        net = Net(f"global_avg_pool_{index}", Floats(index), terms=size[0] * size[1])
        yield net.output(net.layer("global_avg_pool", net.input([2, channels, *size])))


def pyramids():
    """Bins of one size, bins that overlap, more bins than cells; several rows of dimension 0, and a dynamic batch behind a convolution."""
    points = itertools.product(("max", "average"), (([1, 17, 13, 13], [6, 3, 2, 1]), ([3, 5, 10, 7], [4, 2, 1]), ([2, 3, 3, 5], [1, 7]), ([1, 33, 12, 6], [3, 6])))
    for index, (mode, (shape, levels)) in enumerate(points):
        net = Net(f"pyramid_{index}", Floats(index), exact=mode == "max", relative=None if mode == "max" else 4e-6)
        yield net.output(net.layer("spatial_pyramid_pool", net.input(shape), levels=levels, mode=mode))
    for index, data in enumerate((Integers(), Floats(7))):
        net = Net(f"pyramid_net_{index}", data, relative=1e-5)
        a = net.layer("relu", net.conv2d(net.input([2, 3, 11, 9], batch=3), 3, 20, [3, 3], pad=[1, 1, 1, 1]))
        yield net.output(net.dense(net.layer("spatial_pyramid_pool", a, levels=[4, 2, 1]), 420, 5))


def merges():
    """upsample_add and nearest resizing, alone and at the end of a convolution: doubled, odd and whole-number scales."""
    sizes = [([7, 13], [14, 26]), ([7, 13], [13, 25]), ([5, 3], [5, 9]), ([1, 4], [1, 12])]
    for index, ((small, large), channels) in enumerate(itertools.product(sizes, (3, 33))):
        net = Net(f"upsample_add_{index}", Floats(index), exact=True)
        yield net.output(net.layer("upsample_add", net.input([2, channels, *small], "top"), net.input([2, channels, *large], "lateral")))
        net = Net(f"resize_nearest_{index}", Floats(index), exact=True)
        yield net.output(net.layer("resize", net.input([1, channels, *small]), size=large, mode="nearest"))
    for index, (small, large) in enumerate(sizes):
        for data in (Integers(), Floats(index)):
            net = Net(f"feature_pyramid_{index}_{'i' if data.exact else 'f'}", data, relative=1e-5)
            x, y = net.input([1, 5, *large], "x"), net.input([1, 7, *small], "y")
            top = net.conv2d(y, 7, 20, [1, 1])
            merged = net.layer("upsample_add", top, net.conv2d(x, 5, 20, [1, 1]))
            net.output(net.conv2d(merged, 20, 20, [3, 3], pad=[1, 1, 1, 1]), "fine")
            yield net.output(net.conv2d(top, 20, 20, [3, 3], pad=[1, 1, 1, 1]), "coarse")


def shapes():
    for index, (pads, value) in enumerate([([1, 2, 0, 3], 0.0), ([0, 0, 1, 1], 1.5), ([2, 2, 2, 2], -1.0)]):
        net = Net(f"pad_{index}", Floats(index), exact=True)
        yield net.output(net.layer("pad", net.input([1, 3, 5, 7]), pad=pads, value=value))
    net = Net("convert_layout_0", Floats(1), exact=True)
    yield net.output(net.layer("convert_layout", net.input([1, 5, 3, 7])))
    for axis, rank in ((1, 4), (2, 4), (3, 4), (1, 2), (-1, 4)):
        net = Net(f"concat_{axis % rank}_{rank}_{axis < 0}", Floats(3), exact=True)
        full = [2, 3, 4, 5][:rank]
        parts = [net.input([*full[: axis % rank], extent_, *full[axis % rank + 1:]], f"x{extent_}") for extent_ in (1, 5, 17)]
        yield net.output(net.layer("concat", *parts, axis=axis))
    for index, order in enumerate(([0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 1, 2, 3])):
        net = Net(f"transpose_{index}", Floats(index), exact=True)
        yield net.output(net.layer("transpose", net.input([2, 3, 5, 7]), perm=order))
    for index, shape in enumerate(([1, 3, 5, 7], [2, 17, 1, 1], [2, 4, 3])):
        net = Net(f"flatten_{index}", Floats(index), exact=True)
        yield net.output(net.layer("flatten", net.input(shape)))
    for index, (shape, new) in enumerate((([2, 6, 2, 5], [3, 40]), ([2, 6, 2, 5], [0, -1, 4]), ([1, 12], [3, 2, 2]), ([1, 4, 4], [16]))):
        net = Net(f"reshape_{index}", Floats(index), exact=True)
        yield net.output(net.layer("reshape", net.input(shape), shape=new))


def images():
    for index, reverse in enumerate((False, True)):
        net = Net(f"image_to_nchw_{index}", Integers())
        yield net.output(net.layer("image_to_nchw", net.input([2, 5, 7, 3], "image", "u8"), reverse_channels=reverse))
    for index, (size, crop) in enumerate((([7, 9], [4, 4]), ([8, 8], [5, 3]), ([13, 13], [13, 1]))):
        net = Net(f"center_crop_{index}", Integers())
        yield net.output(net.layer("center_crop", net.input([1, 3, *size]), size=crop))
    net = Net("normalize_0", Floats(1), relative=2e-6)
    yield net.output(net.layer("normalize", net.input([2, 3, 5, 7]), mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]))
    for index, (size, target, antialias) in enumerate(itertools.product(([7, 9], [13, 5], [32, 40]), ([4, 4], [16, 11], [7, 9]), (False, True))):
        net = Net(f"resize_{index}", Floats(index), relative=2e-5)
        yield net.output(net.layer("resize", net.input([1, 3, *size]), size=target, antialias=antialias))


def fused():
    """Chains that the compiler fuses: each fusion must leave what another consumer sees untouched."""
    for index, (channels, out, size) in enumerate(((3, 16, [7, 13]), (17, 5, [6, 6]), (32, 32, [13, 13]), (1, 33, [2, 2]))):
        def epilogue(net):
            x = net.input([1, channels, *size])
            a = net.conv2d(x, channels, out, [3, 3], pad=[1, 1, 1, 1])
            b = net.conv2d(x, channels, out, [1, 1], bias=False)
            return net.output(net.layer("relu", net.layer("add", a, net.bias(b, out))))

        def second_consumer(net):
            x = net.input([1, channels, *size])
            a = net.conv2d(x, channels, out, [3, 3], pad=[1, 1, 1, 1])
            return net.output(net.layer("add", a, net.layer("relu", a))).output(a, "conv")

        def pooled(net):
            x = net.input([1, channels, *size])
            a = net.layer("relu6", net.conv2d(x, channels, out, [3, 3], pad=[1, 1, 1, 1]))
            return net.output(net.layer("concat", net.layer("max_pool", a, kernel=[2, 2], stride=[2, 2]), net.layer("max_pool", a, kernel=[2, 2], stride=[2, 2]), axis=1))

        def padded(net):
            x = net.layer("pad", net.input([1, channels, *size]), pad=[0, 1, 2, 3], value=0.0)
            return net.output(net.conv2d(x, channels, out, [3, 3], pad=[1, 1, 1, 1], stride=[2, 2]))

        def separable(net):
            x = net.input([1, channels, *size])
            a = net.layer("relu", net.conv2d(x, channels, channels, [3, 3], groups=channels, pad=[1, 1, 1, 1]))
            return net.output(net.conv2d(a, channels, out, [1, 1]))

        def enlarged(net):
            x = net.input([1, channels, *size])
            a = net.bias(net.conv_transpose2d(x, channels, out, [2, 2], stride=[2, 2], bias=False), out)
            return net.output(net.layer("relu", net.conv2d(net.layer("relu", a), out, out, [3, 3], pad=[1, 1, 1, 1])))

        for build in (epilogue, second_consumer, pooled, padded, separable, enlarged):
            yield build(Net(f"{build.__name__}_{index}_i", Integers()))
            # relu6 cuts off the largest sums, which the error of minimal filtering is relative to.
            yield build(Net(f"{build.__name__}_{index}_f", Floats(index), relative=3e-5 if build is pooled else 1e-5))
        net = Net(f"conv_batch_norm_{index}", Floats(index), relative=1e-5)
        a = net.conv2d(net.input([1, channels, *size]), channels, out, [3, 3], pad=[1, 1, 1, 1], bias=index % 2 == 0)
        yield net.output(net.layer("hard_swish", net.batch_norm(a, out)))


def batches():
    """A dynamic batch, run at one size below the maximum."""
    for index, data in enumerate((Integers(), Floats(5))):
        net = Net(f"batch_{index}", data, relative=1e-5)
        x = net.input([3, 3, 7, 7], batch=4)
        a = net.layer("relu", net.conv2d(x, 3, 8, [3, 3], stride=[2, 2]))
        yield net.output(net.dense(net.layer("flatten", net.layer("max_pool", a, kernel=[3, 3], stride=[1, 1])), 8, 5))


FAMILIES = [conv2d, grouped, transposed, dense, activations, arithmetic, normalization, pools, pyramids, shapes, images, merges, fused, batches]


def every_net():
    return list(itertools.chain.from_iterable(family() for family in FAMILIES))
