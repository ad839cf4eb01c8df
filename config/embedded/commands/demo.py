"""bin/demo: from nothing to a running site with similar items, and the same again in seconds."""

import argparse
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from config.embedded import orphans, session
from config.embedded.commands import reset, site
from config.embedded.commands.steps import step
from config.embedded.commands.surroundings import data_dir, environment
from config.embedded.errors import EmbeddedError
from config.embedded.interrupts import Interrupted
from config.embedded.locations import Locations
from config.embedded.supervisor import Supervisor

# What the setup process ends with where products must be imported, encoded or indexed.
WORK_IS_NEEDED = 3


class SetupError(EmbeddedError):
    """A step failed and has said why itself."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Makes all that the site needs, fills it with a catalogue, and serves it.",
    )
    parser.add_argument("--catalog", type=existing, metavar="FILE", help="CSV, JSONL or ZIP")
    parser.add_argument("--port", type=port, default=8000, help="on 127.0.0.1 (default 8000)")
    parser.add_argument("--data", metavar="DIR", help="where everything is kept (default var)")
    parser.add_argument("--no-serve", action="store_true", help="set all up, then stop")
    parser.add_argument("--reset", action="store_true", help="delete what is there first; asks")
    return parser.parse_args()


def existing(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text}: no such file")
    return path


def port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 1 to 65535")
    return int(text)


def run(options: argparse.Namespace, at: Locations) -> None:
    # What a killed run has left may have the port still, and is ended with its services.
    if not options.no_serve and not orphans.marked(at.mark):
        site.require_free(options.port)
    if options.reset:
        reset.confirm(at)
        reset.delete(at)
    environ = environment(at, DEBUG="0", SITE_URL=f"http://{site.HOST}:{options.port}")
    at.logs_dir.mkdir(parents=True, exist_ok=True)
    log = at.logs_dir / "setup.log"
    with ExitStack() as stack:
        with step(2, "PostgreSQL and Valkey", log=log):
            supervisor = stack.enter_context(session.services(at, name="bin/demo", alone=True))
        if not options.no_serve:
            site.require_free(options.port)
        fill(supervisor, options, environ, log=log)
        if not options.no_serve:
            serve(supervisor, options.port, environ, log=log)


def fill(
    supervisor: Supervisor, options: argparse.Namespace, environ: Mapping[str, str], *, log: Path
) -> None:
    """Bring the site up to date; with a worker where products must be encoded.

    One that has served before is not kept from that by what its workers can do meanwhile.
    """
    phase = "prepare" if options.no_serve else "open"
    if set_up(supervisor, phase, options.catalog, environ, log=log) == WORK_IS_NEEDED:
        supervisor.start(site.worker(environ))
        set_up(supervisor, "fill", options.catalog, environ, log=log)


def set_up(
    supervisor: Supervisor,
    phase: str,
    catalogue: Path | None,
    environ: Mapping[str, str],
    *,
    log: Path,
) -> int:
    command = [sys.executable, "-m", "config.embedded.commands.setup", phase]
    command += [str(catalogue)] if catalogue else []
    status = supervisor.run(command, environ=environ)
    supervisor.interrupts.check()
    if status not in (0, WORK_IS_NEEDED):
        raise SetupError(f"the step above failed (status {status}); more may be in {log}")
    return status


def serve(supervisor: Supervisor, port: int, environ: Mapping[str, str], *, log: Path) -> None:
    with step(10, "Web, workers and beat", log=log):
        for service in site.workers(environ):
            if not supervisor.runs(service.name):
                supervisor.start(service)
        supervisor.start(site.beat(environ))
        supervisor.start(site.web(port, environ))
    print(f"Niteru is at http://{site.HOST}:{port}/ (Ctrl-C stops it)", flush=True)
    supervisor.serve()


def main() -> int:
    options = arguments()
    try:
        run(options, Locations(data_dir(options.data)))
    except (Interrupted, KeyboardInterrupt) as err:
        # Ctrl-C is how a site that serves is meant to be stopped.
        return err.status if isinstance(err, Interrupted) else 130
    except (EmbeddedError, OSError) as err:
        print(f"bin/demo: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
