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


def test_products_in_threads_of_the_command_take_no_further_ones():
    machine.choose(threads=3, own_threads=True)
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "3"


def test_without_the_option_no_gpu_is_seen():
    machine.choose()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


@pytest.mark.parametrize("gpu", ["0", "2"])
def test_the_gpu_that_was_asked_for_is_seen_and_named(monkeypatch, capsys, gpu):
    monkeypatch.setattr("deepreslib.networks.gpus.find_gpus", lambda: ["the card"])
    machine.choose(gpu=gpu)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == gpu
    assert capsys.readouterr().out == "running on the card\n"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("deepreslib.networks.gpus.find_gpus", list)
    with pytest.raises(InputError, match="--gpu 0: there is no such GPU that tensorflow can use"):
        machine.choose(gpu="0")


def test_any_gpu_falls_back_to_the_processor_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr("deepreslib.networks.gpus.find_gpus", list)
    machine.choose(gpu="auto")
    assert "running on the processor" in capsys.readouterr().out
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "as it was"
