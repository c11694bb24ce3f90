"""What the commands say of how far CryoRes' answer can be relied on, with a network whose answer is known."""

import json

import pytest
from known_cryores import RELIABILITY, KnownNetwork, known_model
from small_maps import atoms, density_map, noisy

from deepreslib.commands import main
from deepreslib.estimation import cryores
from deepreslib.maps import write_map

MAPS = {"noisy": noisy, "simulated": lambda: density_map(atoms())}


@pytest.fixture
def says(tmp_path, monkeypatch, capsys):
    """Runs a command on one of the maps with a network of a known answer: its report, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(words, name="noisy", **answer):
        write_map("map.mrc", MAPS[name]())
        model = known_model(KnownNetwork(**answer), reliability=RELIABILITY)
        monkeypatch.setattr(cryores, "load_model", lambda path=None: model)
        assert main([*words.split(), "map.mrc", "--threads", "1", "-o", "out.mrc"]) == 0
        printed = capsys.readouterr()
        warnings = [line for line in printed.err.splitlines() if line.startswith("deepres: warning: ")]
        path = tmp_path / "out.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None, printed.out, warnings

    return run


ESTIMATE = "estimate --method cryores"


def test_a_reliable_answer_is_called_so_without_a_warning(says):
    report, printed, warnings = says(ESTIMATE)
    assert report["status"] == "reliable"
    assert (report["strangeness"], report["factor"]) == (1.0, 1.0)
    assert report["range"] == {"low": 4.0, "high": 50.0}
    lines = printed.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line == "status: reliable"]
    assert "global resolution 4.00 ± 0.30 Å" in lines[place - 1]
    assert warnings == report.get("warnings", [])
    assert not warnings


@pytest.mark.parametrize(
    ("name", "answer", "reasons"),
    [
        ("noisy", {"strangeness": 1.8}, ["unlike those"]),
        ("noisy", {"baseline": (26.0, 1.0)}, ["is coarser than 25 Å"]),
        ("simulated", {}, ["no density below"]),
        ("simulated", {"strangeness": 9.0}, ["unlike those", "more than a fifth", "no density below"]),
    ],
)
def test_each_reason_stands_in_the_status_and_in_one_warning(says, name, answer, reasons):
    report, printed, warnings = says(ESTIMATE, name, **answer)
    (line,) = [line for line in printed.splitlines() if line.startswith("status: ")]
    assert line == f"status: {report['status']}"
    assert report["status"].startswith(("doubtful: ", "outside the range: "))
    assert len(warnings) == len(report["warnings"]) == len(reasons)
    for reason, warning in zip(reasons, warnings, strict=True):
        assert reason in line
        assert reason in warning


def test_wider_deviations_are_those_reported(says):
    report, printed, _ = says(ESTIMATE, strangeness=1.8)
    assert report["factor"] == 1.44
    assert report["global_resolution"] == {"value": 4.0, "deviation": 0.432}
    assert "global resolution 4.00 ± 0.43 Å" in printed


def test_the_mask_command_warns_once_of_all_doubts(says):
    assert says("mask")[2] == []
    _, _, warnings = says("mask", "simulated", strangeness=1.8)
    (warning,) = warnings
    for words in ("unlike those", "no density below", "so its mask may be wrong: look at it"):
        assert words in warning
    assert "--method" not in warning
