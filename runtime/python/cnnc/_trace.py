"""Results of single launches, for layer-by-layer verification."""

import ctypes
import math

import numpy as np

from . import _abi


class TraceEvent:
    """One finished launch. Valid during the callback; `array()` copies.

    launch: number of the launch. image: which image of the batch. layer, kernel: names. begin_ns, end_ns: monotonic clock.
    shape: logical, batch included (1 when images run one by one).
    """

    def __init__(self, event):
        self.launch = event.launch
        self.image = event.image
        self.layer = event.layer.decode()
        self.kernel = event.kernel.decode()
        self.begin_ns = event.begin_ns
        self.end_ns = event.end_ns
        self.shape = tuple(event.shape[i] for i in range(event.ndim))
        self.block = event.block
        self.halo = tuple(event.halo[i] for i in range(4)) if event.halo else (0, 0, 0, 0)
        self.dtype = _abi.to_numpy_dtype(event.dtype)
        self._data = event.data

    def physical_shape(self):
        """Shape of the buffer: that of `shape`, or [N, ceil(C/block), top+H+bottom, left+W+right, block]."""
        if not self.block:
            return self.shape
        n, channels, height, width = self.shape
        top, left, bottom, right = self.halo
        return (n, -(-channels // self.block), top + height + bottom, left + width + right, self.block)

    def array(self):
        """The result as a dense array of `shape`: halo and padding channels removed, channels unblocked."""
        shape = self.physical_shape()
        count = math.prod(shape)
        if count == 0:
            return np.empty(self.shape, self.dtype)
        buffer = (ctypes.c_uint8 * (count * self.dtype.itemsize)).from_address(self._data)
        physical = np.frombuffer(buffer, self.dtype).reshape(shape)
        if not self.block:
            return physical.copy()
        n, channels, height, width = self.shape
        top, left = self.halo[:2]
        interior = physical[:, :, top : top + height, left : left + width, :]
        planes = interior.transpose(0, 1, 4, 2, 3).reshape(n, -1, height, width)
        return planes[:, :channels].copy()  # never a view: the arena goes on
