"""Threads and GPU, chosen before a numerical library is loaded."""

import os

from deepreslib.errors import InputError
from deepreslib.networks.running import backend

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def choose(threads: int | None = None, gpu: str | None = None, own_threads: bool = False) -> None:
    """Sets the environment of this process.

    Args:
        threads: processor cores, None for all.
        gpu: number or identifier of the GPU; ``auto`` for any, or none if there is none; None for none.
        own_threads: whether the command computes in threads of its own. Then a matrix product takes no further ones:
            those of several products at a time would wait for each other, and on a busy machine for most of the time.

    Raises:
        InputError: there is no such GPU that the network's library can use.
    """
    if threads is not None:
        os.environ |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    if own_threads:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if gpu != "auto":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1" if gpu is None else gpu
    if gpu is None:
        return
    from deepreslib.networks.gpus import find_gpus

    names = find_gpus()
    if not names and gpu != "auto":
        raise InputError(
            f"--gpu {gpu}: there is no such GPU that {backend()} can use; leave the option out, give --gpu auto, or "
            "install a library with CUDA."
        )
    print(f"running on {names[0]}" if names else "there is no GPU that can be used: running on the processor")
