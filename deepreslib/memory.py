"""The memory that is left, and refusals of what would not fit, before any work: one sentence with both numbers."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepreslib.errors import InputError

NETWORK = 0.6e9
"""Bytes that the library of the networks takes when it is loaded and has run; measured with TensorFlow."""

NETWORK_ADDRESSES = (1.9e9, 0.08e9)
"""Bytes of addresses that it reserves in all, and more for each core; ``ulimit -v`` counts these."""

SPARE = 0.05e9
"""A need that is this little above what is left, bytes, is not refused."""

_CGROUPS = Path("/sys/fs/cgroup")
_PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Room:
    """Memory that may still be taken.

    Attributes:
        left: bytes.
        limit: what limits it, for messages.
        of_addresses: whether it is counted in addresses reserved and not in memory used.
    """

    left: float
    limit: str
    of_addresses: bool = False


def check(needed: float, subject: str, network: bool = False, mend: str = "crop or bin the map") -> None:
    """Refuses work that would need more memory than there is.

    Args:
        needed: bytes that the work takes beyond what the process has now, without a network's library.
        subject: what needs them, at the beginning of the sentence.
        network: whether a network runs; its library takes memory too, unless it is loaded already.
        mend: how to need less.

    Raises:
        InputError: it would not fit.
    """
    to_load = network and not any(name in sys.modules for name in ("tensorflow", "torch", "jax"))
    for room in rooms():
        library = 0.0
        if to_load:
            more, each = NETWORK_ADDRESSES
            library = more + each * (os.cpu_count() or 1) if room.of_addresses else NETWORK
        if needed + library > room.left + SPARE:
            numbers = (needed + library) / 1e9, max(room.left, 0) / 1e9
            raise InputError(
                f"{subject} needs {numbers[0]:.1f} GB of memory, and {numbers[1]:.1f} GB are left ({room.limit}); "
                f"{mend}, or use a machine with more memory."
            )


def rooms() -> list[Room]:
    """All limits of the memory that this process may still take; those that the system does not tell are left out."""
    return [*_of_machine(), *_of_cgroups(), *_of_limits()]


def _of_machine() -> Iterator[Room]:
    """What the machine has left, without other programs' memory and with what its caches would give back."""
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            yield Room(float(line.split()[1]) * 1024, "of the machine")
            return
    try:
        yield Room(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")), "of the machine")
    except (ValueError, OSError, AttributeError):
        return


def _of_cgroups() -> Iterator[Room]:
    """What the limits of a container or of a queue leave."""
    groups = {_CGROUPS: ("memory.max", "memory.current"), _CGROUPS / "memory": _OLD_NAMES}
    for line in _lines(_PROCESS / "cgroup"):
        _, controllers, path = line.split(":", 2)
        folder = _CGROUPS if not controllers else _CGROUPS / "memory"
        if not controllers or "memory" in controllers.split(","):
            for group in [Path(path), *Path(path).parents]:
                names = _OLD_NAMES if controllers else ("memory.max", "memory.current")
                groups[folder / str(group).lstrip("/")] = names
    for folder, (limit_name, used_name) in groups.items():
        limit, used = _number(folder / limit_name), _number(folder / used_name)
        if limit is not None and used is not None and limit < 1 << 60:
            caches = sum(
                float(line.split()[1])
                for line in _lines(folder / "memory.stat")
                if line.startswith(("inactive_file ", "active_file "))
            )
            yield Room(limit - used + caches, "the limit of the job or container")


_OLD_NAMES = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def _of_limits() -> Iterator[Room]:
    """What ``ulimit -v`` and ``ulimit -d`` leave."""
    try:
        import resource
    except ImportError:  # there are none
        return
    sizes = {line.split(":")[0]: line.split()[1] for line in _lines(_PROCESS / "status") if line.startswith("Vm")}
    for limit, size, name in (
        (resource.RLIMIT_AS, "VmSize", "the limit of addresses, ulimit -v"),
        (resource.RLIMIT_DATA, "VmData", "the limit of data, ulimit -d"),
    ):
        most, _ = resource.getrlimit(limit)
        if most != resource.RLIM_INFINITY:
            yield Room(most - 1024 * float(sizes.get(size, 0)), name, of_addresses=True)


def _number(path: Path) -> float | None:
    """The number that a file of the system holds; None if it holds none, or a word such as ``max``."""
    try:
        return float(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
