"""Puts the compiler's oracle modules on the path of the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "compiler" / "oracle"))
