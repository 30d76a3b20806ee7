"""runtime/cnnc.h, version 1, as ctypes. Field order and types follow the header."""

import ctypes as c
import enum

import numpy as np

ABI_VERSION = 1
CPU = 1


class Status(enum.IntEnum):
    OK = 0
    INVALID_ARGUMENT = 1
    SHAPE = 2
    DTYPE = 3
    STRIDE = 4
    ALIGNMENT = 5
    DEVICE = 6
    WORKSPACE = 7
    OUT_OF_MEMORY = 8
    TARGET = 9
    CANCELLED = 10
    WEIGHTS = 11
    INTERNAL = 12


class CnncError(RuntimeError):
    """A failed call; `code` is a Status (or a plain int that a later library defines)."""

    def __init__(self, code, message):
        super().__init__(message)
        try:
            self.code = Status(code)
        except ValueError:
            self.code = code


class DataType(c.Structure):
    _fields_ = [("code", c.c_uint8), ("bits", c.c_uint8), ("lanes", c.c_uint16)]


class Device(c.Structure):
    _fields_ = [("device_type", c.c_int32), ("device_id", c.c_int32)]


class Tensor(c.Structure):
    _fields_ = [
        ("data", c.c_void_p),
        ("device", Device),
        ("ndim", c.c_int32),
        ("dtype", DataType),
        ("shape", c.POINTER(c.c_int64)),
        ("strides", c.POINTER(c.c_int64)),
        ("byte_offset", c.c_uint64),
    ]


class Error(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("code", c.c_int32), ("message", c.c_char * 248)]


class TensorInfo(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("name", c.c_char_p),
        ("dtype", DataType),
        ("ndim", c.c_int32),
        ("min_shape", c.POINTER(c.c_int64)),
        ("max_shape", c.POINTER(c.c_int64)),
        ("layout", c.c_char_p),
    ]


class Info(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("abi_version", c.c_uint32),
        ("name", c.c_char_p),
        ("target", c.c_char_p),
        ("compiler", c.c_char_p),
        ("source_digest", c.c_char_p),
        ("weights_digest", c.c_char_p),
        ("num_inputs", c.c_int32),
        ("num_outputs", c.c_int32),
        ("inputs", c.POINTER(TensorInfo)),
        ("outputs", c.POINTER(TensorInfo)),
        ("weights_bytes", c.c_uint64),
        ("workspace_bytes", c.c_uint64),
        ("macs", c.c_uint64),
        ("num_launches", c.c_int32),
        ("metadata_json", c.c_char_p),
    ]


class TraceEvent(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("launch", c.c_int32),
        ("layer", c.c_char_p),
        ("kernel", c.c_char_p),
        ("begin_ns", c.c_uint64),
        ("end_ns", c.c_uint64),
        ("ndim", c.c_int32),
        ("shape", c.POINTER(c.c_int64)),
        ("block", c.c_int32),
        ("halo", c.POINTER(c.c_int32)),
        ("dtype", DataType),
        ("data", c.c_void_p),
        ("image", c.c_int64),
    ]


TraceFunction = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(TraceEvent))


class Hooks(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("user", c.c_void_p),
        ("alloc", c.c_void_p),
        ("free", c.c_void_p),
        ("parallel_for", c.c_void_p),
        ("log", c.c_void_p),
        ("trace", TraceFunction),
    ]


class CreateOptions(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("threads", c.c_int32),
        ("hooks", c.POINTER(Hooks)),
        ("weights_path", c.c_char_p),
    ]


class RunOptions(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("stream", c.c_void_p),
        ("workspace", c.c_void_p),
        ("workspace_bytes", c.c_uint64),
        ("cancel", c.POINTER(c.c_int32)),
    ]


class ProfileEntry(c.Structure):
    _fields_ = [
        ("layer", c.c_char_p),
        ("kernel", c.c_char_p),
        ("calls", c.c_uint64),
        ("total_ns", c.c_uint64),
        ("min_ns", c.c_uint64),
        ("macs", c.c_uint64),
    ]


class Api(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("abi_version", c.c_uint32),
        ("info", c.POINTER(Info)),
        ("check_target", c.CFUNCTYPE(c.c_int32, c.POINTER(Error))),
        ("create", c.CFUNCTYPE(c.c_int32, c.POINTER(CreateOptions), c.POINTER(c.c_void_p), c.POINTER(Error))),
        (
            "run",
            c.CFUNCTYPE(c.c_int32, c.c_void_p, c.POINTER(Tensor), c.POINTER(Tensor), c.POINTER(RunOptions), c.POINTER(Error)),
        ),
        ("workspace_size", c.CFUNCTYPE(c.c_uint64, c.c_void_p, c.c_int64)),
        ("destroy", c.CFUNCTYPE(None, c.c_void_p)),
        ("profile", c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_int32, c.POINTER(ProfileEntry), c.c_int32)),
    ]


def new(structure):
    """A zeroed structure with its struct_size set."""
    value = structure()
    value.struct_size = c.sizeof(structure)
    return value


def check(status, error):
    if status != Status.OK:
        raise CnncError(status, error.message.decode("utf-8", "replace"))


_KINDS = {0: "i", 1: "u", 2: "f"}
_CODES = {kind: code for code, kind in _KINDS.items()}


def to_numpy_dtype(dtype):
    """NumPy's type of a DataType. Types that NumPy lacks (bfloat16) come as unsigned integers of their size."""
    return np.dtype(f"{_KINDS.get(dtype.code, 'u')}{dtype.bits // 8}")


def to_dlpack_dtype(dtype):
    """DataType of a NumPy type; code 255 for what DLPack cannot say, so that the library names the mismatch."""
    return DataType(_CODES.get(dtype.kind, 255), min(dtype.itemsize * 8, 255), 1)
