#!/usr/bin/env python3
"""The NumPy twin of RandomWeights.cpp: the values of `--weights=random:SEED`, bit for bit. The rules are written down there."""
import argparse
import math

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(x):
    x = x + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def bounds(name, shape):
    suffix = name.rsplit(".", 1)[-1]
    if len(shape) >= 2:
        bound = math.sqrt(4.5 / math.prod(shape[1:]))
        return -bound, bound
    if suffix == "weight":
        return 0.85, 1.05
    return (0.5, 1.5) if suffix == "running_var" else (-0.1, 0.1)


def random_weights(name, shape, seed):
    """The f32 tensor of the parameter `name`."""
    with np.errstate(over="ignore"):
        seeded = splitmix64(np.array([seed], np.uint64))
        key = splitmix64(np.array([fnv1a64(name)], np.uint64) ^ seeded)
        count = math.prod(shape)
        bits = splitmix64(key + np.arange(count, dtype=np.uint64) * GOLDEN) >> np.uint64(40)
    low, high = bounds(name, shape)
    return (low + (high - low) * (bits.astype(np.float64) * 2.0**-24)).astype(np.float32).reshape(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("shape", help="e.g. 64x3x7x7")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=4, help="values to print")
    options = parser.parse_args()
    values = random_weights(options.name, [int(extent) for extent in options.shape.split("x")], options.seed)
    for value in values.reshape(-1)[:options.count]:
        print(f"{value.view(np.uint32):08x}")


if __name__ == "__main__":
    main()
