"""Puts the compiler's oracle modules on the path of the tests."""

import sys
from pathlib import Path

ORACLE = str(Path(__file__).resolve().parents[2] / "compiler" / "oracle")
sys.path.insert(0, ORACLE)
