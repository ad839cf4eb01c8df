"""Where commands run: the checkout, its data directory, and the variables that children get."""

import os
from pathlib import Path

from config.embedded.locations import Locations

CHECKOUT = Path(__file__).resolve().parents[3]


def data_dir(named: str | None = None) -> Path:
    """The directory that was named, else DATA_DIR's, else `var` in the checkout; as settings do."""
    return Path(named or os.environ.get("DATA_DIR") or CHECKOUT / "var").resolve()


def environment(at: Locations, **more: str) -> dict[str, str]:
    """This process's variables, with what every child of a command must agree upon."""
    return {**os.environ, "DATA_DIR": str(at.data_dir), "PYTHONUNBUFFERED": "1", **more}
