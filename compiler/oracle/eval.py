#!/usr/bin/env python3
"""Evaluates a compiled library on data with ground truth: the package cnnc.eval, from the source tree where it is not installed."""

import sys

import library  # noqa: F401 - makes `cnnc` importable

from cnnc.eval.command import main

if __name__ == "__main__":
    sys.exit(main())
