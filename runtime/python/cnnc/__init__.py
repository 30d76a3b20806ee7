"""Loads networks that cnnc compiled into shared libraries. See `load`."""

from ._abi import CnncError, Status
from ._model import BoundCall, Model, ProfileEntry, TensorInfo, load
from ._trace import TraceEvent

__all__ = ["BoundCall", "CnncError", "Model", "ProfileEntry", "Status", "TensorInfo", "TraceEvent", "load"]
__version__ = "0.1.0"
