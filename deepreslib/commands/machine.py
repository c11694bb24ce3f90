"""Threads and GPU, chosen before a numerical library is loaded."""

import os

from deepreslib.errors import InputError

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def choose(threads: int | None = None, gpu: str | None = None) -> None:
    """Sets the environment of this process.

    Args:
        threads: processor cores, None for all.
        gpu: identifier of the GPU, None for none.

    Raises:
        InputError: fewer than one thread.
    """
    if threads is not None:
        if threads < 1:
            raise InputError(f"--threads {threads}: a program needs at least one; give 1 or more.")
        os.environ |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1" if gpu is None else gpu
