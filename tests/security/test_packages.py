"""What the site is made of, for those who have to know it."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from config.embedded.commands import audit, sbom
from tests.config.deployed import ROOT

HOLE = {"id": "PYSEC-2099-1", "fix_versions": ["2.0"], "aliases": []}


def test_the_bill_of_materials_holds_to_its_schema_and_to_what_is_pinned(tmp_path):
    out = tmp_path / "sbom.json"

    assert sbom.main(["--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = {each["name"].lower(): each["version"] for each in json.loads(text)["components"]}
    for line in (ROOT / "requirements-web.txt").read_text(encoding="utf-8").splitlines():
        name, separator, version = line.partition(";")[0].strip().partition("==")
        if separator and name != "numpy":  # which has another version for an older Python
            assert listed[name.partition("[")[0].replace("_", "-").lower()] == version


def test_it_is_the_same_each_time(tmp_path):
    command = sbom.command(out=tmp_path / "a", python=Path(sys.executable))

    assert "--output-reproducible" in command


def test_holes_are_told_with_the_version_that_mends_them(capsys):
    packages = [{"name": "left", "version": "1.0", "vulns": [HOLE]}]

    assert audit.told(packages) == audit.HOLES
    assert "left 1.0: PYSEC-2099-1, mended in 2.0" in capsys.readouterr().out


def test_what_no_list_knows_is_not_taken_for_sound(capsys):
    packages = [
        {"name": "left", "version": "1.0", "vulns": []},
        {"name": "right", "skip_reason": "not found"},
    ]

    assert audit.told(packages) == audit.UNKNOWN
    assert audit.told(packages[:1]) == 0
    assert "1 packages checked, 0 known holes" in capsys.readouterr().out
