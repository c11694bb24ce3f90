"""The GPUs that can be used, of each library."""

import sys
from types import SimpleNamespace

from deepreslib.networks import gpus


def test_where_the_library_sees_none_there_is_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert gpus.find_gpus() == []


def test_other_libraries_are_asked_in_their_own_way(monkeypatch):
    cuda = SimpleNamespace(
        is_available=lambda: True, device_count=lambda: 2, get_device_name=lambda number: f"card {number}"
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(gpus, "backend", lambda: "torch")
    assert gpus.find_gpus() == ["card 0", "card 1"]
    devices = [SimpleNamespace(platform="gpu", device_kind="card"), SimpleNamespace(platform="cpu", device_kind="cpu")]
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=lambda: devices))
    monkeypatch.setattr(gpus, "backend", lambda: "jax")
    assert gpus.find_gpus() == ["card"]
    monkeypatch.setattr(gpus, "backend", lambda: "openvino")
    assert gpus.find_gpus() == []
