"""What the site is made of, for those who have to know it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from config.embedded.commands import audit, sbom
from tests.config.deployed import ROOT

HOLE = {"id": "PYSEC-2099-1", "fix_versions": ["2.0"], "aliases": []}


@pytest.fixture(scope="module")
def bill(tmp_path_factory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("sbom") / "sbom.json"
    tool = sbom.command(out=out, python=Path(sys.executable), validate=False)
    subprocess.run(tool, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_the_bill_of_materials_holds_what_is_pinned(bill):
    listed = {plain(each["name"]): each["version"] for each in bill["components"]}

    for line in (ROOT / "requirements-web.txt").read_text(encoding="utf-8").splitlines():
        name, separator, version = line.partition(";")[0].strip().partition("==")
        if separator and name != "numpy":  # which has another version for an older Python
            assert listed[plain(name.partition("[")[0])] == version


def plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_it_holds_to_its_schema(bill):
    # All of it takes twenty seconds, which `bin/sbom` spends each time; parts are alike in form.
    some = bill | {"components": bill["components"][::12]}

    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert validator.validate_str(json.dumps(some)) is None
    assert validator.validate_str(json.dumps(some | {"specVersion": 7})) is not None


def test_it_is_the_same_each_time(bill):
    assert "timestamp" not in bill["metadata"]
    assert "serialNumber" not in bill


def test_holes_are_told_with_the_version_that_mends_them(capsys):
    packages = [{"name": "left", "version": "1.0", "vulns": [HOLE]}]

    assert audit.told(packages) == audit.HOLES
    assert "left 1.0: PYSEC-2099-1, mended in 2.0" in capsys.readouterr().out


def test_what_no_list_knows_is_not_taken_for_sound(capsys):
    packages: list[dict[str, Any]] = [
        {"name": "left", "version": "1.0", "vulns": []},
        {"name": "right", "skip_reason": "not found"},
    ]

    assert audit.told(packages) == audit.UNKNOWN
    assert audit.told(packages[:1]) == 0
    assert "1 packages checked, 0 known holes" in capsys.readouterr().out
