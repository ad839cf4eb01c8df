"""bin/audit: pip-audit over constraints.txt; further arguments are pip-audit's own.

Ends with 1 where a hole is known, and with 3 where some package could not be asked about: an index
that has no list of holes must not look like a list without holes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.embedded.commands.surroundings import CHECKOUT

# The versions are exact: nothing has to be resolved or downloaded, only asked about.
FORM = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
HOLES, UNKNOWN = 1, 3


def main(arguments: list[str]) -> int:
    tool = Path(sys.executable).with_name("pip-audit")
    asked = [str(tool), "--requirement", str(CHECKOUT / "constraints.txt"), *FORM, *arguments]
    done = subprocess.run(asked, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{done.stderr}bin/audit: nothing was checked", file=sys.stderr)
        return UNKNOWN
    return told(packages)


def told(packages: list[dict[str, Any]]) -> int:
    """Print each hole and what is not known; the status to end with."""
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    holes = [(each, hole) for each in packages for hole in each.get("vulns", [])]
    for each, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{each['name']} {each['version']}: {hole['id']}, mended in {fixed}")
    print(f"{len(packages) - len(unknown)} packages checked, {len(holes)} known holes")
    if unknown:
        print(f"bin/audit: no list answered for {len(unknown)} packages", file=sys.stderr)
    return HOLES if holes else UNKNOWN if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
