"""The GPUs that the networks' library can use, and where it runs."""

import importlib
import platform

from deepreslib.networks.quiet import quiet
from deepreslib.networks.running import backend


def find_gpus() -> list[str]:
    """Names of the GPUs that the Keras backend can use; the environment decides which of them it may see."""
    find = {"tensorflow": _of_tensorflow, "torch": _of_torch, "jax": _of_jax}.get(backend())
    return find() if find else []


def device() -> dict[str, str]:
    """Where networks run: on the first GPU that the library can use, or else on the processor.

    Returns:
        dict: ``kind`` (``cpu`` or ``gpu``) and ``name`` (of the processor or the graphics card).
    """
    gpus = find_gpus()
    return {"kind": "gpu", "name": gpus[0]} if gpus else {"kind": "cpu", "name": _processor()}


def _processor() -> str:
    """The processor's name, such as "AMD EPYC 7543"; the machine's architecture where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            names = [line.partition(":")[2].strip() for line in stream if line.startswith("model name")]
    except OSError:
        names = []
    return next(filter(None, [*names[:1], platform.processor(), platform.machine()]), "unknown")


def _of_tensorflow() -> list[str]:
    import tensorflow as tf

    with quiet():
        gpus = tf.config.list_physical_devices("GPU")
    return [str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)) for gpu in gpus]


def _of_torch() -> list[str]:
    cuda = importlib.import_module("torch").cuda
    return [str(cuda.get_device_name(number)) for number in range(cuda.device_count())] if cuda.is_available() else []


def _of_jax() -> list[str]:
    return [str(device.device_kind) for device in importlib.import_module("jax").devices() if device.platform != "cpu"]
