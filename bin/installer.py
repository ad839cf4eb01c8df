"""The virtual environment: made by `venv`, filled by uv, or by pip where uv can't."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV = "uv==0.13.9"


class InstallError(Exception):
    """The environment can't be made; the message says what to do."""


def make(venv: Path) -> None:
    """A usable environment of this very Python, kept where there is one already."""
    if usable(venv):
        return
    print("Making the Python environment (once; some minutes) …", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True
    )
    if made.returncode:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise InstallError(
            f"{made.stdout}{made.stderr}\nthis Python has no working `venv` module: on Debian and "
            f"Ubuntu `apt-get install python{version}-venv`, elsewhere a Python from python.org"
        )


def usable(venv: Path) -> bool:
    """Whether it runs this Python's version and has a pip that works."""
    python = venv / "bin" / "python"
    if not python.exists():
        return False
    # One that was copied from elsewhere still holds scripts that start the Python over there.
    if str(venv) not in (venv / "pyvenv.cfg").read_text():
        return False
    probe = "import sys, pip; print(*sys.version_info[:2])"
    found = subprocess.run([python, "-c", probe], capture_output=True, text=True)
    return found.stdout.split() == [str(part) for part in sys.version_info[:2]]


def install(venv: Path, requirements: Path, without_dependencies: Path | None) -> None:
    """Install both files; the second one's wheels ask for versions that nothing here needs."""
    python = str(venv / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    files = [["-r", str(requirements)]]
    if without_dependencies:
        files.append(["--no-deps", "-r", str(without_dependencies)])
    with_uv = uv_command(python, pip)
    for arguments in files:
        if with_uv and not subprocess.run([*with_uv, *arguments]).returncode:
            continue
        if with_uv:
            print("uv could not install these; trying pip, which takes longer", flush=True)
        if subprocess.run([*pip, *arguments]).returncode:
            raise InstallError(
                f"could not install what {arguments[-1]} names: see the error above. Python 3.11, "
                "3.12 and 3.13 are known to work; pip's settings (PIP_INDEX_URL, pip.conf) apply"
            )


def uv_command(python: str, pip: list[str]) -> list[str]:
    """How uv installs from where pip would; empty where uv itself can't be had."""
    if subprocess.run([*pip, UV], capture_output=True).returncode:
        return []
    uv = shutil.which("uv", path=str(Path(python).parent))
    if uv is None:
        return []
    # TensorFlow imports in 4 s with compiled bytecode and in 20 s without.
    command = [uv, "pip", "install", "--python", python, "--compile-bytecode"]
    # Its progress is worth seeing, and no log wants it.
    return [*command, *([] if sys.stderr.isatty() else ["--quiet"]), *sources(python)]


def sources(python: str) -> list[str]:
    """pip's settings of where packages come from, as options for uv, which reads its own only."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        return []
    settings = pip_settings(python)
    options = []
    for index in settings.get("index-url", "").split()[:1]:
        options += ["--index-url", index]
    for index in settings.get("extra-index-url", "").split():
        options += ["--extra-index-url", index]
    # pip takes the best version that any index has; uv by default looks at the first alone.
    options += ["--index-strategy", "unsafe-best-match"]
    for place in settings.get("find-links", "").split():
        options += ["--find-links", place]
    for host in settings.get("trusted-host", "").split():
        options += ["--allow-insecure-host", host]
    if "cert" in settings:
        os.environ.setdefault("SSL_CERT_FILE", settings["cert"])
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        options.append("--no-index")
    return options


def pip_settings(python: str) -> dict[str, str]:
    """Settings of files, then of `pip install` alone, then of the environment, which wins."""
    listing = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout
    levels: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        level, _, key = name.partition(".")
        if level in levels and value:
            levels[level][key] = str(ast.literal_eval(value))
    return {**levels["global"], **levels["install"], **levels[":env:"]}
