"""What memory is left, and what is refused for it."""

import resource
import subprocess
import sys

import pytest

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.memory import Room


def test_the_machine_has_some_memory_left():
    rooms = memory.rooms()
    assert any(room.limit == "of the machine" for room in rooms)
    assert all(room.left > 0 for room in rooms)


@pytest.fixture
def left(monkeypatch):
    """Sets the memory that is left."""

    def set_rooms(*rooms):
        monkeypatch.setattr(memory, "rooms", lambda: list(rooms))

    return set_rooms


def test_what_fits_is_not_refused(left):
    left(Room(4e9, "of the machine"), Room(5e9, "ulimit -v", True))
    memory.check(4e9, "the map")


def test_what_does_not_fit_is_refused_with_both_numbers(left):
    left(Room(4e9, "of the machine"), Room(2e9, "the limit of the job"))
    with pytest.raises(
        InputError, match=r"^the map needs 3\.0 GB of memory, and 2\.0 GB are left \(the limit of the job"
    ):
        memory.check(3e9, "the map")


def test_the_library_of_networks_counts_until_it_is_loaded(left, monkeypatch):
    for name in ("tensorflow", "torch", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    left(Room(3e9, "of the machine"))
    memory.check(3e9, "it")
    with pytest.raises(InputError, match=r"needs 3\.6 GB"):
        memory.check(3e9, "it", network=True)
    left(Room(3e9, "ulimit -v", True))
    with pytest.raises(InputError, match=r"ulimit -v"):
        memory.check(1.5e9, "it", network=True)
    monkeypatch.setitem(sys.modules, "torch", None)
    memory.check(3e9, "it", network=True)


def test_limits_of_a_job_are_read(tmp_path, monkeypatch):
    job = tmp_path / "cgroup" / "jobs" / "7"
    job.mkdir(parents=True)
    (job / "memory.max").write_text("3000000000\n")
    (job / "memory.current").write_text("1000000000\n")
    (job / "memory.stat").write_text("anon 500\ninactive_file 300\nactive_file 200\n")
    (job.parent / "memory.max").write_text("max\n")
    (job.parent / "memory.current").write_text("2000000000\n")
    (tmp_path / "cgroup" / "status").write_text("VmSize: 1 kB\n")
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text("0::/jobs/7\n")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_PROCESS", tmp_path / "self")
    assert [room.left for room in memory._of_cgroups()] == [2_000_000_500]


def test_limits_of_an_older_kind_are_read(tmp_path, monkeypatch):
    job = tmp_path / "cgroup" / "memory" / "slurm"
    job.mkdir(parents=True)
    (job / "memory.limit_in_bytes").write_text("3000\n")
    (job / "memory.usage_in_bytes").write_text("1000\n")
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text("5:cpu,cpuacct:/slurm\n4:memory:/slurm\n")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_PROCESS", tmp_path / "self")
    assert [room.left for room in memory._of_cgroups()] == [2000]


def test_ulimit_is_read():
    code = (
        "from deepreslib import memory; rooms = [room for room in memory.rooms() if room.of_addresses];"
        "print(len(rooms), rooms[0].left)"
    )
    limited = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000)),
    )
    count, left = limited.stdout.split()
    assert int(count) == 1
    assert 1.5e9 < float(left) < 2e9
