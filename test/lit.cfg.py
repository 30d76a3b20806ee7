# How lit runs the tests: .mlir, .json, .c, .test and .py files with RUN lines, and the unit-test binaries of the build.
import ctypes
import os

import lit.formats

config.name = "cnnc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".json", ".test"]
config.excludes = ["CMakeLists.txt", "Inputs", "__pycache__", "lit.cfg.py"]
config.test_source_root = os.path.join(config.cnnc_source, "test")
config.test_exec_root = os.path.join(config.cnnc_build, "test")

bin_folder = os.path.join(config.cnnc_build, "bin")
config.environment["PATH"] = os.pathsep.join([bin_folder, config.llvm_bin, os.path.dirname(config.python), os.environ["PATH"]])
config.environment["CNNC_CACHE"] = os.path.join(config.cnnc_build, "kernel-cache")
config.environment["PYTHONPATH"] = os.path.join(config.cnnc_source, "runtime", "python")

config.substitutions += [
    ("%python", config.python),
    ("%models", os.path.join(config.cnnc_source, "models")),
    ("%source", config.cnnc_source),
    ("%build", config.cnnc_build),
    ("%clang", os.path.join(config.llvm_bin, "clang")),
    ("%clangxx", os.path.join(config.llvm_bin, "clang++")),
]


def may_use_tiles():
    """Whether Linux grants the tile registers of AMX to a process."""
    request, tile_data, arch_prctl = 0x1023, 18, 158
    return ctypes.CDLL(None).syscall(arch_prctl, request, tile_data) == 0


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    return set(line.split())
    except OSError:
        pass
    return set()


if config.sanitizers:
    config.available_features.add("sanitized")
    # LLVM itself is not instrumented: what its headers poison in our code it does not unpoison in its own.
    config.environment["ASAN_OPTIONS"] = "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0"
flags = cpu_flags()
if {"avx2", "fma", "f16c"} <= flags:
    config.available_features.add("x86-64-v3")
if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
    config.available_features.add("x86-64-v4")
    if {"amx_bf16", "amx_tile"} <= flags and may_use_tiles():
        config.available_features.add("x86-64-v4-amx")
