"""The figures of benchmarks.chaos, as a table and as JSON, and whether they will do."""

import json
import statistics
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos_recovery import Recovery

# Of the check afterwards; each has to be 0.
NONE_OF: Final = (
    "lost",
    "written by nobody",
    "without a current embedding",
    "encoded otherwise",
    "lists that differ",
    "served otherwise than built anew",
)


def told(found: dict[str, Any], out: Path | None) -> int:
    """Print all of it; the exit status."""
    recoveries: list[Recovery] = found["recoveries"]
    lines = table(recoveries)
    faults = wrong(found)
    found |= {
        "recoveries": [{**asdict(each), "seconds": each.seconds} for each in recoveries],
        "lost": found["checked"]["lost"] + len(found["mistaken"]),
        "duplicates shown to users": len(found["duplicates"]),
        "wrong": faults,
    }
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if out:
        out.write_text(text, encoding="utf-8")
    sys.stdout.write("\n".join([text, *lines, *faults, *summary(found)]) + "\n")
    return 1 if faults else 0


def table(recoveries: list[Recovery]) -> list[str]:
    """Seconds to recover by kind of fault."""
    lines = [
        "| Fault | times | median, s | worst, s | write accepted, worst | recommended, worst |"
    ]
    lines.append("|---|---|---|---|---|---|")
    for kind, times in Counter(each.kind for each in recoveries).items():
        some = [each for each in recoveries if each.kind == kind]
        seconds = [each.seconds for each in some]
        accepted = max(each.accepted or each.seconds for each in some)
        recommended = max(each.recommended or each.seconds for each in some)
        lines.append(
            f"| {kind} | {times} | {statistics.median(seconds):.1f} | {max(seconds):.1f} "
            f"| {accepted:.1f} | {recommended:.1f} |"
        )
    return lines


def wrong(found: dict[str, Any]) -> list[str]:
    """What should not have happened."""
    checked = found["checked"]
    faults = [f"{name}: {checked[name]}" for name in NONE_OF if checked[name]]
    for name in ("mistaken", "refused", "duplicates", "ghosts", "left running"):
        if found[name]:
            faults.append(f"{name}: {len(found[name])}")
    faults += [f"not whole again: {each}" for each in found["recoveries"] if not each.whole]
    return faults


def summary(found: dict[str, Any]) -> list[str]:
    return [
        f"faults: {len(found['recoveries'])} of {found['planned']}",
        f"acknowledged writes: {sum(found['writes'].values())}",
        f"lost: {found['lost']}",
        f"duplicates shown to users: {found['duplicates shown to users']}",
        f"deleted products shown: {len(found['ghosts'])}",
        f"reads: {found['reads']}, ms {found['reads, ms']}",
    ]
