"""A loaded network."""

import contextlib
import ctypes
import json
import os
import re
import threading
import weakref
from dataclasses import dataclass
from typing import Tuple

import numpy as np

from . import _abi
from ._trace import TraceEvent


@dataclass(frozen=True)
class TensorInfo:
    """One input or output. Dimension 0 may be a range (the batch), or others too: a picture of any size up to a bound."""

    name: str
    dtype: np.dtype
    min_shape: Tuple[int, ...]
    max_shape: Tuple[int, ...]
    layout: str

    @property
    def batched(self):
        """Whether dimension 0 is a batch that may vary."""
        return bool(self.min_shape) and self.min_shape[0] != self.max_shape[0] and self.min_shape[1:] == self.max_shape[1:]

    def __str__(self):
        extents = [str(low) if low == high else f"{low}..{high}" for low, high in zip(self.min_shape, self.max_shape)]
        return f"{self.name}: {self.dtype}[{', '.join(extents)}] {self.layout}".rstrip()


@dataclass(frozen=True)
class ProfileEntry:
    """Times of one launch; `macs` of one image."""

    layer: str
    kernel: str
    calls: int
    total_ns: int
    min_ns: int
    macs: int


def _text(value):
    return value.decode("utf-8", "replace") if value else ""


def _tensor_infos(infos, count):
    return [
        TensorInfo(
            _text(info.name),
            _abi.to_numpy_dtype(info.dtype),
            tuple(info.min_shape[d] for d in range(info.ndim)),
            tuple(info.max_shape[d] for d in range(info.ndim)),
            _text(info.layout),
        )
        for info in (infos[i] for i in range(count))
    ]


def _load_api(path):
    path = os.path.abspath(os.fspath(path))
    try:
        library = ctypes.CDLL(path)
        query = library.cnnc_query
    except (OSError, AttributeError) as reason:
        raise _abi.CnncError(_abi.Status.INVALID_ARGUMENT, f"'{path}' is no library that cnnc wrote: {reason}") from reason
    query.argtypes = [ctypes.c_uint32]
    query.restype = ctypes.POINTER(_abi.Api)
    api = query(_abi.ABI_VERSION)
    if not api:
        raise _abi.CnncError(_abi.Status.INVALID_ARGUMENT, f"'{path}' speaks no ABI up to {_abi.ABI_VERSION}; update the package")
    return library, api.contents


def load(path, threads=0, trace=None, weights=None):
    """Loads a library and makes a Model.

    threads: 0 for one for each core near the caller that the process may use, 1 for none but the caller's.
    trace: called as trace(TraceEvent) after every launch; an exception in it stops the run and is raised by the call.
    weights: file of a library compiled with --external-weights; <net>.weights beside lib<net>.so unless given.
    Raises CnncError: no such library, unsupported CPU, missing or wrong weights.
    """
    return Model(path, threads, trace, weights)


class Model:
    """A network ready to run; call it. Safe to call from many threads; `close` only when no call is in flight."""

    def __init__(self, path, threads=0, trace=None, weights=None):
        self._library, self._api = _load_api(path)
        info = self._api.info.contents
        self.name = _text(info.name)
        self.target = _text(info.target)
        self.compiler = _text(info.compiler)
        self.source_digest = _text(info.source_digest)
        self.weights_digest = _text(info.weights_digest)
        self.weights_bytes = info.weights_bytes
        self.workspace_bytes = info.workspace_bytes
        self.macs = info.macs
        self.inputs = _tensor_infos(info.inputs, info.num_inputs)
        self.outputs = _tensor_infos(info.outputs, info.num_outputs)
        self._launches = info.num_launches
        self._metadata = _text(info.metadata_json)
        self._in_call = threading.local()

        error = _abi.new(_abi.Error)
        options = _abi.new(_abi.CreateOptions)
        options.threads = threads
        if weights is None and self.weights_bytes:
            beside = re.sub(r"^lib", "", os.path.splitext(os.path.basename(path))[0]) + ".weights"
            beside = os.path.join(os.path.dirname(path), beside)
            weights = beside if os.path.exists(beside) else None
        options.weights_path = os.fsencode(weights) if weights is not None else None
        self._hooks = None
        if trace is not None:
            self._hooks = _abi.new(_abi.Hooks)
            self._hooks.trace = _abi.TraceFunction(self._tracer(trace, self._in_call))
            options.hooks = ctypes.pointer(self._hooks)
        handle = ctypes.c_void_p()
        _abi.check(self._api.create(ctypes.byref(options), ctypes.byref(handle), ctypes.byref(error)), error)
        self._handle = handle
        # The arguments keep the code and the callback alive until the model is gone.
        self._finalizer = weakref.finalize(self, _destroy, self._api, handle.value, self._library, self._hooks)

    @staticmethod
    def _tracer(trace, in_call):
        def call(_user, event):
            if in_call.exception is not None:
                return
            try:
                trace(TraceEvent(event.contents))
            except BaseException as exception:  # must not cross into C; raised again by __call__
                in_call.exception = exception
                in_call.cancel.value = 1

        return call

    @property
    def metadata(self):
        """The library's metadata document."""
        return json.loads(self._metadata)

    def __repr__(self):
        return f"<cnnc.Model {self.name} for {self.target}>"

    def __call__(self, *args, out=None, **kwargs):
        """Runs the network. Inputs by position or by name; returns one array, or a dict by name for several outputs.

        A batched input may come without its batch dimension: it is added, and removed from the results. A batch beyond the declared
        maximum runs in pieces. out: {name: array} to write into. Raises CnncError.
        """
        inputs, squeeze = self._prepare_inputs(args, kwargs)
        batch = self._batch_of(inputs)
        outputs = self._prepare_outputs(out or {}, batch)
        piece = self._largest_batch()
        if piece is None or batch <= piece:
            self._run(inputs, outputs)
        else:
            self._expect_one_batch(inputs, batch)
            for begin in range(0, batch, piece):
                part = slice(begin, begin + piece)
                self._run(
                    [array[part] if info.batched else array for array, info in zip(inputs, self.inputs)],
                    [array[part] if info.batched else array for array, info in zip(outputs, self.outputs)],
                )
        if squeeze:
            outputs = [array[0] if info.min_shape and array.shape[0] == 1 else array for array, info in zip(outputs, self.outputs)]
        if len(outputs) == 1:
            return outputs[0]
        return {info.name: array for info, array in zip(self.outputs, outputs)}

    def bind(self, *args, out=None, **kwargs):
        """The call `model(*args, out=out, **kwargs)` with its arguments fixed: a BoundCall. At most the largest declared batch."""
        inputs, _ = self._prepare_inputs(args, kwargs)
        batch = self._batch_of(inputs)
        piece = self._largest_batch()
        if piece is not None and batch > piece:
            raise _invalid(f"a bound call takes a batch of at most {piece}, got {batch}")
        return BoundCall(self, inputs, self._prepare_outputs(out or {}, batch))

    @contextlib.contextmanager
    def profiling(self):
        """Takes per-launch times, from zero, inside the `with` block."""
        self._api.profile(self._open(), 1, None, 0)
        try:
            yield self
        finally:
            self._api.profile(self._open(), 0, None, 0)

    def profile(self):
        """The times of the last `profiling()` block: a list of ProfileEntry in order of launches."""
        entries = (_abi.ProfileEntry * self._launches)()
        self._api.profile(self._open(), -1, entries, self._launches)
        return [ProfileEntry(_text(e.layer), _text(e.kernel), e.calls, e.total_ns, e.min_ns, e.macs) for e in entries]

    def close(self):
        """Frees the model and joins its threads; idempotent."""
        self._finalizer()
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def _open(self):
        if self._handle is None:
            raise _invalid("the model is closed; load it again")
        return self._handle

    def _largest_batch(self):
        return min((info.max_shape[0] for info in self.inputs + self.outputs if info.batched), default=None)

    def _expect_one_batch(self, inputs, batch):
        for array, info in zip(inputs, self.inputs):
            if info.batched and (array.ndim == 0 or array.shape[0] != batch):
                raise _abi.CnncError(_abi.Status.SHAPE, f"input '{info.name}': batch differs from {batch}; pass as many images in every input")

    def _prepare_inputs(self, args, kwargs):
        """The arrays in order, and whether a batch dimension was added to all of them."""
        names = [info.name for info in self.inputs]
        if len(args) > len(names):
            raise _invalid(f"{len(args)} inputs, expected {len(names)}: {names}")
        given = dict(zip(names, args))
        for name, value in kwargs.items():
            if name not in names or name in given:
                raise _invalid(f"input '{name}' is unknown or given twice; inputs: {names}")
            given[name] = value
        missing = [name for name in names if name not in given]
        if missing:
            raise _invalid(f"inputs {missing} are missing")
        arrays = [_as_array(given[info.name], info) for info in self.inputs]
        lacking = [array.ndim == len(info.max_shape) - 1 and info.min_shape[0] == 1 for array, info in zip(arrays, self.inputs)]
        squeeze = bool(lacking) and all(lacking)
        return ([array[np.newaxis] for array in arrays] if squeeze else arrays), squeeze

    def _batch_of(self, inputs):
        return next((array.shape[0] for array, info in zip(inputs, self.inputs) if info.batched and array.ndim == len(info.max_shape)), 1)

    def _prepare_outputs(self, given, batch):
        names = [info.name for info in self.outputs]
        unknown = set(given) - set(names)
        if unknown:
            raise _invalid(f"no output is named {sorted(unknown)}; outputs: {names}")
        return [self._output(info, batch, given) for info in self.outputs]

    def _output(self, info, batch, given):
        array = given.get(info.name)
        if array is None:
            return np.empty((batch,) + info.max_shape[1:] if info.batched else info.max_shape, info.dtype)
        if not isinstance(array, np.ndarray) or not array.flags.writeable or not _is_direct(array):
            raise _invalid(f"output '{info.name}': pass a writable, aligned NumPy array in native byte order")
        return array if array.ndim == len(info.max_shape) else array[np.newaxis]

    def _run(self, inputs, outputs):
        error = _abi.new(_abi.Error)
        options = _abi.new(_abi.RunOptions)
        state = self._in_call
        if self._hooks is not None:
            state.exception = None
            state.cancel = ctypes.c_int32(0)
            options.cancel = ctypes.pointer(state.cancel)
        status = self._api.run(self._open(), _tensors(inputs), _tensors(outputs), ctypes.byref(options), ctypes.byref(error))
        if self._hooks is not None and state.exception is not None:
            exception, state.exception = state.exception, None
            raise exception
        _abi.check(status, error)


class BoundCall:
    """A run on fixed arrays: what is left of a call is one call of the C function. Not for several threads at once.

    inputs, outputs: the arrays by name. A call reads the one and fills the other, so write into an input to change it; an argument that
    the library cannot address as it is (a foreign byte order, a list) has been copied into a new array.
    """

    def __init__(self, model, inputs, outputs):
        self.model = model
        self.inputs = {info.name: array for info, array in zip(model.inputs, inputs)}
        self.outputs = {info.name: array for info, array in zip(model.outputs, outputs)}
        self._error = _abi.new(_abi.Error)
        self._arguments = (_tensors(inputs), _tensors(outputs), None, ctypes.byref(self._error))
        self._run = model._api.run
        self._arrays = inputs, outputs  # that the tensors point into

    def __call__(self):
        """Runs the network and returns `outputs`. Raises CnncError."""
        if self.model._hooks is not None:
            self.model._run(*self._arrays)
        else:
            _abi.check(self._run(self.model._open(), *self._arguments), self._error)
        return self.outputs


def _destroy(api, handle, _library, _hooks):
    api.destroy(handle)


def _invalid(message):
    return _abi.CnncError(_abi.Status.INVALID_ARGUMENT, message)


def _is_direct(array):
    """Whether the library can address the array: native bytes, aligned, strides of whole elements."""
    size = array.dtype.itemsize
    return array.dtype.isnative and array.flags.aligned and all(stride % size == 0 for stride in array.strides)


def _as_array(value, info):
    if isinstance(value, np.ndarray):
        array = value
    elif hasattr(value, "__dlpack__"):
        array = np.from_dlpack(value)
    elif hasattr(value, "__array__"):
        array = np.asarray(value)
    else:
        array = np.asarray(value, dtype=info.dtype)
    if not _is_direct(array):
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    return array


def _tensors(arrays):
    tensors = (_abi.Tensor * max(1, len(arrays)))()
    for tensor, array in zip(tensors, arrays):
        tensor.data = array.ctypes.data
        tensor.device.device_type = _abi.CPU
        tensor.ndim = array.ndim
        tensor.dtype = _abi.to_dlpack_dtype(array.dtype)
        tensor.shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        tensor.strides = (ctypes.c_int64 * array.ndim)(*(stride // array.dtype.itemsize for stride in array.strides))
    return tensors
