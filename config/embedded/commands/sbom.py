"""bin/sbom: the packages of an environment as a CycloneDX bill of materials, reproducibly."""

import argparse
import subprocess
import sys
from pathlib import Path

FORM = ["--spec-version", "1.6", "--output-format", "JSON", "--output-reproducible"]


def command(*, out: Path, python: Path, validate: bool = True) -> list[str]:
    """validate : have it held to its schema, which takes most of the time"""
    form = FORM if validate else [*FORM, "--no-validate"]
    tool = Path(sys.executable).with_name("cyclonedx-py")
    return [str(tool), "environment", *form, "--output-file", str(out), str(python)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bin/sbom", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("sbom.cdx.json"))
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="whose packages; default: these"
    )
    options = parser.parse_args(arguments)
    return subprocess.run(command(out=options.out, python=options.python)).returncode


if __name__ == "__main__":
    sys.exit(main())
