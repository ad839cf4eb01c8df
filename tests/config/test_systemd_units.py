"""The units of deploy/systemd, as systemd reads them and against what they name."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import get_commands

from config import settings
from tests.config.deployed import ROOT, check_celery, settings_read

FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(
    path for path in FOLDER.iterdir() if path.suffix in (".service", ".socket", ".target")
)
SERVICES = [path for path in UNITS if path.suffix == ".service"]
LASTING = [path for path in SERVICES if path.stem != "niteru-setup"]
INSTALLED = "/opt/niteru"
OF_OTHERS = {"HOME", "PYTHONUNBUFFERED", "PROMETHEUS_MULTIPROC_DIR"}

Unit = dict[str, list[str]]


def read(path: Path) -> Unit:
    """Every value of each key, in order; of a service also those that all of them share."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".service":
        text = (FOLDER / "niteru-.service.d/common.conf").read_text(encoding="utf-8") + text
    found: Unit = defaultdict(list)
    for line in text.replace("\\\n", " ").splitlines():
        key, given, value = line.partition("=")
        if given and not line.startswith("#"):
            found[key].append(value)
    return found


def last(unit: Unit, key: str) -> str:
    return unit[key][-1]


def variables(unit: Unit) -> dict[str, str]:
    return dict(word.split("=", 1) for line in unit["Environment"] for word in line.split())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_it(unit, tmp_path):
    # It looks whether programs are there, so they are looked for in this checkout's environment.
    for path in FOLDER.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(FOLDER)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(path.read_text().replace(INSTALLED, str(ROOT)))

    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    # Of this machine's own units there may be something to say.
    assert "niteru" not in told.stderr, told.stderr
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_names_units_that_are_there(path):
    unit = read(path)
    named = {
        word
        for key in ("Requires", "Wants", "PartOf", "After")
        for line in unit[key]
        for word in line.split()
        if word.startswith("niteru")
    }

    assert named <= {each.name for each in UNITS}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_it_runs_what_is_there(path):
    for line in read(path)["ExecStart"]:
        program, *words = line.split()
        assert program.startswith(f"{INSTALLED}/.venv/bin/")
        if program.endswith("python"):
            assert (ROOT / words[0]).is_file()
            assert words[1] in get_commands()
        elif program.endswith("celery"):
            check_celery([program, *words])
        else:
            assert (program.endswith("gunicorn"), words[0]) == (True, "config.wsgi")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_it_may_do_as_little_as_it_needs(path):
    unit = read(path)

    assert last(unit, "User") not in ("", "root")
    for key, value in [
        ("ProtectSystem", "strict"),
        ("PrivateTmp", "yes"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
    ]:
        assert last(unit, key) == value
    assert last(unit, "MemoryMax")
    # What it may write to is where the site writes.
    assert last(unit, "ReadWritePaths") == variables(unit)["DATA_DIR"]
    assert f"/var/lib/{last(unit, 'StateDirectory')}" == variables(unit)["DATA_DIR"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_its_variables_are_read(path):
    unit = read(path)

    assert set(variables(unit)) <= settings_read() | OF_OTHERS
    lent = {line.partition(":")[0] for line in unit["LoadCredential"]}
    named = {value for value in variables(unit).values() if value.startswith("%d/")}
    assert named == {f"%d/{name}" for name in lent}
    # A folder that systemd makes for it, and no other may.
    for value in variables(unit).values():
        if value.startswith("/run/"):
            assert value.split("/")[2] == last(unit, "RuntimeDirectory")


def test_the_example_names_settings():
    names = re.findall(r"^(\w+)=", (FOLDER / "niteru.env").read_text(), re.M)

    assert names and set(names) <= settings_read()


@pytest.mark.parametrize("path", LASTING, ids=lambda path: path.name)
def test_what_ends_is_started_again(path):
    assert last(read(path), "Restart") == "always"
    assert f"{path.name}" in last(read(FOLDER / "niteru.target"), "Wants")


def test_stopping_waits_longer_than_what_is_stopped_does():
    worker, web = (read(FOLDER / f"niteru-{name}.service") for name in ("worker", "web"))
    (graceful,) = re.findall(
        r"^graceful_timeout = (\d+)$", (ROOT / "gunicorn.conf.py").read_text(), re.M
    )

    assert int(last(web, "TimeoutStopSec")) > int(graceful)
    assert variables(worker)["STOP_SECONDS"] == str(settings.STOP_SECONDS)
    assert int(last(worker, "TimeoutStopSec")) > settings.STOP_SECONDS
    for unit in (worker, web):
        # To the first process alone, which tells its children itself.
        assert (last(unit, "KillSignal"), last(unit, "KillMode")) == ("SIGTERM", "mixed")
