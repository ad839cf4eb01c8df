"""The steps of bin/demo that Django does, in one process each time: starting it takes seconds.

    python -m config.embedded.commands.setup prepare|open|fill [CATALOGUE]

`prepare` brings an existing site up to date and says by its exit status whether `fill`, which
imports, encodes and indexes, has anything to do: 0 for nothing, 3 for something. `open` does so for
a site that is about to serve, whose workers can do what does not keep it from that.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from config.embedded.commands import statics
from config.embedded.commands.catalogue import Catalogue
from config.embedded.commands.steps import skipped, step
from config.embedded.locations import Locations

WORK_IS_NEEDED = 3


def prepare(at: Locations, catalogue: Catalogue, *status: str) -> int:
    """status : further arguments of index_status."""
    log = at.logs_dir / "setup.log"
    with step(3, "Database tables", log=log):
        call_command("migrate", verbosity=0, interactive=False)
    with step(4, "Static files", log=log):
        statics.collect(at)
    with step(5, "Administrator", log=log, secret=True):
        call_command("create_admin")
    if not catalogue.is_imported() or index_needs_work(*status):
        return WORK_IS_NEEDED
    skipped(6, "Catalogue", "imported before")
    for number, title in ((7, "Fitting"), (8, "Encoding"), (9, "Index")):
        skipped(number, title, "nothing to wait for" if status else "up to date")
    return 0


def prepare_to_serve(at: Locations, catalogue: Catalogue) -> int:
    return prepare(at, catalogue, "--to-serve")


def fill(at: Locations, catalogue: Catalogue) -> int:
    log = at.logs_dir / "setup.log"
    if catalogue.is_imported():
        skipped(6, "Catalogue", "imported before")
    else:
        with step(6, "Catalogue", log=log):
            catalogue.bring_in()
    if not index_needs_work():
        for number, title in ((7, "Fitting"), (8, "Encoding"), (9, "Index")):
            skipped(number, title, "up to date")
        return 0
    with step(7, "Fitting", log=log):
        call_command("fit_models")
    with step(8, "Encoding", log=log):
        call_command("embed_catalog", "--queue")
    with step(9, "Index", log=log):
        call_command("build_index")
        call_command("publish_build")
    return 0


def index_needs_work(*arguments: str) -> bool:
    """Whether no published build covers what the database holds; index_status says it by 3."""
    try:
        with Path(os.devnull).open("w") as nowhere:
            call_command("index_status", *arguments, stdout=nowhere)
    except SystemExit as err:
        status = err.code
    except CommandError as err:
        status = err.returncode
    else:
        return False
    if status not in (0, WORK_IS_NEEDED):
        raise CommandError(f"index_status ended with status {status}; run bin/manage index_status")
    return status == WORK_IS_NEEDED


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    at = Locations(settings.DATA_DIR)
    phase = {"prepare": prepare, "open": prepare_to_serve, "fill": fill}[sys.argv[1]]
    named = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    try:
        return phase(at, Catalogue(at, named))
    except CommandError as err:
        print(err, file=sys.stderr)
        return 1
    except OperationalError as err:
        # The step's log holds where it happened.
        print(f"the database went away: {err}\nrun again: it goes on from here", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
