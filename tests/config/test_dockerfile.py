"""The Dockerfile and its scripts, as far as they can be read without a container engine.

benchmarks/image.py runs the same steps in a tree of Debian.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.image import context
from tests.config import deployed
from tests.config.deployed import DOCKERFILE, ROOT, SCRIPTS, check_celery, instructions, stages

HEALTHY = ROOT / "deploy/image/healthy.sh"
PYTHON = Path(sys.executable).parent


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_can_be_run_and_read(script):
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script]).returncode == 0


def test_every_script_that_it_runs_is_there():
    named = {Path(path) for path in re.findall(r"deploy/image/[\w.]+", DOCKERFILE)}

    assert {ROOT / path for path in named} - {ROOT / "deploy/image"} <= set(SCRIPTS)


def test_what_it_copies_is_in_what_is_sent_to_the_builder():
    sent = {str(path) for path in context()}
    for line in instructions("COPY"):
        *sources, _ = [word for word in line.split() if not word.startswith("--from")]
        for source in sources:
            if "--from" not in line and source != ".":
                folder = f"{source}/"
                assert any(Path(path).match(source) or path.startswith(folder) for path in sent), (
                    source
                )
    assert not [path for path in sent if path.startswith((".", "tests", "docs", "secrets"))]


def test_stages_follow_from_one_another():
    for name, (parent, text) in stages().items():
        before = list(stages())[: list(stages()).index(name)]
        assert parent in before or parent.startswith("python:")
        assert set(re.findall(r"--from=(\S+)", text)) <= set(before)


def lineage(name: str) -> str:
    """The text of a stage, of those it is built upon, and of those it copies from."""
    if name not in stages():
        return ""
    parent, text = stages()[name]
    others = [parent, *re.findall(r"--from=(\S+)", text)]
    return text + "".join(lineage(other) for other in others)


def test_only_the_image_of_workers_installs_what_workers_need():
    assert "install.sh worker" in lineage("worker")
    assert "install.sh worker" not in lineage("web")
    assert "install.sh web" in lineage("web")


def test_both_run_as_the_account_that_is_made():
    (account,) = re.findall(r"useradd --uid (\d+)", (ROOT / "deploy/image/account.sh").read_text())

    assert instructions("USER") == [f"{account}:{account}"]
    for name in ("web", "worker"):
        assert stages()[name][0] == "runtime"
        assert "USER" not in stages()[name][1]


def test_variables_are_read_by_somebody():
    of_others = {"PATH", "HOME", "TMPDIR", "PORT", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}

    assert set(deployed.image_variables()) <= deployed.settings_read() | of_others


def test_commands_are_understood():
    words = commands()

    check_celery(words["worker"])
    checked = subprocess.run(
        [PYTHON / "gunicorn", *words["web"][1:], "--check-config"],
        cwd=ROOT,
        env={**os.environ, "PORT": "8000", "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr


def commands() -> dict[str, list[str]]:
    found = {}
    for name in ("web", "worker"):
        text = stages()[name][1].replace("\\\n", " ")
        (line,) = re.findall(r"^CMD (\[.+\])$", text, re.M)
        found[name] = json.loads(line)
    return found


def healthy(kind: str, **variables: str) -> int:
    path = f"{PYTHON}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [HEALTHY, kind], env={"PATH": path, **variables}, stderr=subprocess.DEVNULL
    ).returncode


def test_a_heart_that_beats_is_healthy_and_one_that_stopped_is_not(tmp_path):
    heart = tmp_path / "heart"
    assert healthy("heartbeat", HEARTBEAT_FILE=str(heart)) != 0

    heart.touch()
    assert healthy("heartbeat", HEARTBEAT_FILE=str(heart)) == 0

    long_ago = time.time() - 61
    os.utime(heart, (long_ago, long_ago))
    assert healthy("heartbeat", HEARTBEAT_FILE=str(heart)) != 0


def test_a_web_process_that_answers_is_healthy_and_none_is_not(live_server):
    assert healthy("web", PORT=str(live_server.thread.port)) == 0
    assert healthy("web", PORT="1") != 0
