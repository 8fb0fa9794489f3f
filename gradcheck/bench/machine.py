"""What timings depend on beside the code: versions, BLAS, SIMD, threads."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import numpy as np

SCHEMA = 1

FRAMEWORKS = ("torch", "jax", "autograd")

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What BLAS, torch and OpenMP read when they are loaded."""

ONE_THREAD = {
    **dict.fromkeys((*THREADS, "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
"""The environment of a process that is timed: beside other work, threads measure the other work."""


def machine() -> dict[str, Any]:
    """Return the surroundings of this process, for JSON."""
    built = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {})
    simd = built.get("SIMD Extensions", {})
    return {
        "schema": SCHEMA,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('name', '')} {blas.get('version', '')}".strip(),
        "simd": [*simd.get("baseline", []), *simd.get("found", [])],
        "threads": {name: os.environ.get(name, "") for name in THREADS},
        "engines": {name: found for name in FRAMEWORKS if (found := _version(name))},
        "platform": platform.platform(terse=True),
        "cores": os.cpu_count(),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
