"""docs/operations.md names what there is: settings, commands, files, metrics, services."""

import re

import pytest
from django.core.management import get_commands

from tests.config.deployed import ROOT, services, settings_read

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = "".join(re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S))


def test_every_setting_is_described():
    described = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", TEXT, re.M))

    # That secrets may stand in files is told of all of them together.
    files = {f"{name}_FILE" for name in described}
    assert settings_read() - files <= described
    assert described - settings_read() == set()


def test_every_command_is_there():
    called = set(re.findall(r"(?:manage\.py|bin/manage|^niteru) (\w+)", BLOCKS, re.M))

    assert called and called <= set(get_commands())


def test_every_file_is_there():
    named = set(re.findall(r"(?<![\w./])(?:deploy|bin|benchmarks)/[\w./-]*\w", TEXT))

    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_profile_and_service_is_there():
    profiles = {name for each in services().values() for name in each.get("profiles", [])}
    (table,) = re.findall(r"^\| Profile \|.*?\n\n", TEXT, re.M | re.S)
    called = re.findall(r"docker compose (?:exec|run --rm[^\n]*?) (web|worker|beat)\b", BLOCKS)

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == profiles
    assert called and set(called) <= set(services())


@pytest.mark.django_db
def test_every_metric_is_described(client):
    told = re.findall(r"^# TYPE (niteru_\w+) ", client.get("/metrics").content.decode(), re.M)

    described = set(re.findall(r"`(?:niteru|…)_(\w+)`", TEXT))
    for name in told:
        if not name.endswith("_created"):
            short = name.removeprefix("niteru_").removeprefix("index_")
            assert {short, name.removeprefix("niteru_")} & described, name
