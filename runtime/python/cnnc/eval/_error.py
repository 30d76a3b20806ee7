"""What goes wrong in an evaluation."""


class EvalError(Exception):
    """Data, results or a library that cannot be evaluated. The message is for the user: what, where, and what to do."""


def need(module, package):
    """Imports `module`, or raises EvalError that says to install `package`."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as reason:
        raise EvalError(f"{package} is not usable ({reason}): pip install {package} into this Python, or point CNNC_PYTHON at one that has it") from None
