"""The scripts in bin/ before there is an environment: standard library alone."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(__file__).resolve().parents[2] / "bin"


@pytest.fixture
def modules(monkeypatch):
    """bin's modules `environment` and `installer`, as its scripts import them."""
    monkeypatch.syspath_prepend(str(BIN))
    return importlib.import_module("environment"), importlib.import_module("installer")


@pytest.fixture
def checkout(modules, tmp_path, monkeypatch):
    """A checkout of requirements alone, with an environment that was never filled."""
    environment, _ = modules
    for path in (*BIN.parent.glob("requirements*.txt"), BIN.parent / "constraints.txt"):
        shutil.copy(path, tmp_path)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    monkeypatch.setattr(environment, "CHECKOUT", tmp_path)
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "PYTHON", venv / "bin" / "python")
    return tmp_path


def complete(environment, requirements):
    environment.stamp(requirements).write_text(environment.digest(requirements))


def test_an_environment_that_was_cut_off_is_not_taken_for_a_complete_one(modules, checkout):
    environment, _ = modules

    assert not environment.is_current(environment.RUN)

    complete(environment, environment.RUN)

    assert environment.is_current(environment.RUN)
    assert not environment.is_current(environment.TEST)


@pytest.mark.parametrize(
    ("file", "run", "test"),
    [
        ("requirements-web.txt", False, False),
        ("requirements-weights.txt", False, False),
        ("constraints.txt", False, False),
        ("requirements-dev.txt", True, False),
    ],
)
def test_a_changed_requirement_makes_it_outdated_for_those_who_read_it(
    modules, checkout, file, run, test
):
    environment, _ = modules
    complete(environment, environment.RUN)
    complete(environment, environment.TEST)

    with (checkout / file).open("a") as lines:
        lines.write("something==1.0\n")

    assert environment.is_current(environment.RUN) is run
    assert environment.is_current(environment.TEST) is test


def test_the_environment_of_a_checkout_that_was_copied_is_made_anew(modules, tmp_path):
    _, installer = modules
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "made"], check=True)
    shutil.copytree(tmp_path / "made", tmp_path / "copied", symlinks=True)

    assert not installer.usable(tmp_path / "copied")
    assert not installer.usable(tmp_path / "none")


def test_uv_takes_packages_from_where_pip_would(modules, tmp_path, monkeypatch):
    _, installer = modules
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\n"
        "index-url = https://in.file/simple\n"
        "extra-index-url = https://one.more/simple\n    https://two.more/simple\n"
        "[install]\n"
        "find-links = /opt/wheels\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_INDEX_URL", "https://in.environment/simple")

    options = installer.sources(str(Path(sys.base_prefix) / "bin" / "python3"))

    given = list(zip(options[::2], options[1::2], strict=True))
    assert ("--index-url", "https://in.environment/simple") in given
    assert ("--extra-index-url", "https://one.more/simple") in given
    assert ("--extra-index-url", "https://two.more/simple") in given
    assert ("--find-links", "/opt/wheels") in given
    assert "https://in.file/simple" not in options


def test_settings_of_uvs_own_are_left_to_it(modules, monkeypatch):
    _, installer = modules
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uvs.own/simple")

    assert installer.sources(sys.executable) == []
