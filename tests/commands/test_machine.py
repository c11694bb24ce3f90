"""Threads and GPU are chosen by the environment that numerical libraries read."""

import os

import pytest

from deepreslib.commands import machine
from deepreslib.errors import InputError


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Whatever a test sets is put back: monkeypatch remembers what was there before."""
    for name in (*machine.THREAD_VARIABLES, "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "as it was")


def test_threads_are_told_to_every_library():
    machine.choose(threads=3)
    assert [os.environ[name] for name in machine.THREAD_VARIABLES] == ["3", "3", "3"]


def test_without_threads_they_are_left_as_they_are():
    machine.choose()
    assert [os.environ[name] for name in machine.THREAD_VARIABLES] == ["as it was"] * 3


@pytest.mark.parametrize(("gpu", "visible"), [(None, "-1"), ("0", "0"), ("2", "2")])
def test_no_gpu_is_seen_but_the_one_asked_for(gpu, visible):
    machine.choose(gpu=gpu)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


@pytest.mark.parametrize("threads", [0, -2])
def test_less_than_one_thread_is_refused_and_changes_nothing(threads):
    with pytest.raises(InputError, match=f"--threads {threads}"):
        machine.choose(threads, gpu="1")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "as it was"
    assert os.environ["OMP_NUM_THREADS"] == "as it was"
