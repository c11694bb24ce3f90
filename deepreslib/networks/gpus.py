"""The GPUs that the networks' library can use."""

import importlib

from deepreslib.networks.store import backend


def find_gpus() -> list[str]:
    """Names of the GPUs that the Keras backend can use; the environment decides which of them it may see."""
    find = {"tensorflow": _of_tensorflow, "torch": _of_torch, "jax": _of_jax}.get(backend())
    return find() if find else []


def _of_tensorflow() -> list[str]:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)) for gpu in gpus]


def _of_torch() -> list[str]:
    cuda = importlib.import_module("torch").cuda
    return [str(cuda.get_device_name(number)) for number in range(cuda.device_count())] if cuda.is_available() else []


def _of_jax() -> list[str]:
    return [str(device.device_kind) for device in importlib.import_module("jax").devices() if device.platform != "cpu"]
