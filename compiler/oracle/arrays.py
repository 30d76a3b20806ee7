"""Arrays on disk and at random: what goes into a network and what comes out."""

import os
import zipfile

import numpy as np


def random_input(dtype, shape, seed, position):
    """The input number `position` of a network, reproducible from `seed`.

    f32: standard normal; u8: uniform over 0..255; i32: uniform over 0..15. Generator: PCG64 seeded with [seed, position], so that an input does not
    depend on the sizes of the others.
    """
    generator = np.random.Generator(np.random.PCG64([seed, position]))
    if np.dtype(dtype) == np.uint8:
        return generator.integers(0, 256, shape, dtype=np.uint8)
    if np.dtype(dtype) == np.int32:
        return generator.integers(0, 16, shape, dtype=np.int32)
    return generator.standard_normal(shape, dtype=np.float32)


def read_inputs(assignments):
    """{name: array} from arguments `name=@file.npy`. Raises ValueError with the offending argument."""
    arrays = {}
    for assignment in assignments or []:
        name, separator, path = assignment.partition("=@")
        if not separator or not name:
            raise ValueError(f"--input {assignment}: expected name=@file.npy")
        try:
            arrays[name] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"--input {assignment}: cannot read {path}: {error}") from None
        if not isinstance(arrays[name], np.ndarray):
            raise ValueError(f"--input {assignment}: {path} is not a .npy file")
    return arrays


def _fits(extents, most, least=None):
    """Whether an input may have these extents: any batch, and the others between their bounds."""
    if len(extents) != len(most):
        return False
    if least is None or least == most:
        return tuple(extents[1:]) == tuple(most[1:])
    return all(low <= extent <= high for low, extent, high in zip(least, extents, most))


def inputs_for(signature, seed, given=None):
    """One array for each (name, dtype, shape) of `signature`: the given one, checked, or a random one.

    A fourth field is the least shape of an input whose extents may vary, as a picture's; a random one has the largest.
    """
    given = dict(given or {})
    arrays = {}
    for position, (name, dtype, shape, *least) in enumerate(signature):
        array = given.pop(name, None)
        if array is None:
            array = random_input(dtype, shape, seed, position)
        elif array.dtype != dtype or not _fits(array.shape, shape, *least):
            raise ValueError(f"input {name}: expected {np.dtype(dtype)} {list(shape)}, got {array.dtype} {list(array.shape)}")
        arrays[name] = np.ascontiguousarray(array)
    if given:
        known = ", ".join(name for name, _, _ in signature)
        raise ValueError(f"no input named {', '.join(given)}; the network has {known}")
    return arrays


def load_npz(path):
    """All arrays of an .npz file."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"cannot read {path}: {error}") from None


def save_npz(path, arrays):
    """Writes an uncompressed .npz, any names allowed (np.savez refuses "file"); the file appears whole or not at all."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, array in arrays.items():
                with archive.open(name + ".npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)
