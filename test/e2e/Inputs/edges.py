"""The corners of the runtime on a compiled network: batches, addresses, strides, wrong arguments. edges.py LIBRARY"""
import sys
import threading

import cnnc
import numpy as np

model = cnnc.load(sys.argv[1], threads=2)
shape = model.inputs[0].max_shape[1:]
images = np.random.default_rng(1).standard_normal((3, *shape), dtype=np.float32)


def run(array):
    return list(model(array).values())


def same(left, right):
    return all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True))


def at(offset, array):
    """A copy that begins `offset` bytes behind a 64-byte boundary."""
    buffer = np.empty(array.nbytes + 128, np.uint8)
    begin = -buffer.ctypes.data % 64 + offset
    copy = buffer[begin:begin + array.nbytes].view(np.float32).reshape(array.shape)
    copy[...] = array
    assert copy.ctypes.data % 64 == offset % 64
    return copy


singles = [run(images[i:i + 1]) for i in range(3)]
whole = run(images)
for batch in (0, 1, 2, 3):
    expected = [np.concatenate([one[o] for one in singles[:batch]]) if batch else np.empty((0, *whole[o].shape[1:]), np.float32) for o in range(len(whole))]
    print(f"batch {batch}:", same(run(images[:batch]), expected))
print("batch 7 in pieces:", same(run(images[[0, 1, 2, 0, 1, 2, 0]]), [np.concatenate([one[o] for one in (singles * 3)[:7]]) for o in range(len(whole))]))

for offset in (4, 12, 60):
    outputs = {info.name: at(offset, np.full_like(value, np.nan)) for info, value in zip(model.outputs, whole)}
    model(at(offset, images), out=outputs)
    print(f"at 64 k + {offset}:", same(outputs.values(), whole))

pictures = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
print("height, width, channels:", same(run(pictures.transpose(0, 3, 1, 2)), whole))
print("backwards:", same(run(np.ascontiguousarray(images[::-1, ::-1, ::-1, ::-1])[::-1, ::-1, ::-1, ::-1]), whole))
wide = np.zeros((3, shape[0], shape[1], 2 * shape[2]), np.float32)
wide[..., ::2] = images
print("every second:", same(run(wide[..., ::2]), whole))
print("broadcast:", same(run(np.broadcast_to(images[:1], images.shape)), [np.concatenate([value] * 3) for value in singles[0]]))
outputs = {info.name: np.zeros((*value.shape, 2), np.float32) for info, value in zip(model.outputs, whole)}
model(images, out={name: value[..., 1] for name, value in outputs.items()})
print("strided outputs:", same([value[..., 1] for value in outputs.values()], whole), not any(value[..., 0].any() for value in outputs.values()))

odd = images.copy()
odd[1] = np.nan
print("NaN stays in its image:", same([value[[0, 2]] for value in run(odd)], [value[[0, 2]] for value in whole]), all(np.isnan(value[1]).all() for value in run(odd)))

results = []
threads = [threading.Thread(target=lambda i=i: results.extend(same(run(images[i % 3:i % 3 + 1]), singles[i % 3]) for _ in range(10))) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("eight threads:", all(results), len(results))

readonly = np.zeros(whole[0].shape, np.float32)
readonly.flags.writeable = False
for wrong in (
    lambda: model(images[:, :2]), lambda: model(images.astype(np.float64)), lambda: model(images.astype(np.uint8)), lambda: model(images[0, 0]), lambda: model(images[..., :-1]), lambda: model(),
    lambda: model(images, images), lambda: model(pixels=images), lambda: model(images, out={"prob": np.zeros((3, 11), np.float32)}), lambda: model(images, out={"prob": readonly}),
    lambda: model(images, out={"nosuch": readonly}),
):
    try:
        wrong()
        print("accepted")
    except cnnc.CnncError as error:
        print(cnnc.Status(error.code).name, error)
model.close()
