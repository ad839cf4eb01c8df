"""What the tests of deployment files share: reading them as the programs do that they are for."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SECRETS = ROOT / "deploy/compose.secrets.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SCRIPTS = sorted((ROOT / "deploy").rglob("*.sh"))
# Of the site, as opposed to servers that others make.
SITE = ("setup", "web", "worker", "training", "beat")
# `${NAME}`, `${NAME:-default}`; `$${NAME}` is for the shell within a container.
INTERPOLATED = re.compile(r"(?<!\$)\$\{([A-Z_0-9]+)(?::-([^}]*))?\}")


def services(path: Path = COMPOSE) -> dict[str, Any]:
    """By name, as they are where no variable is set."""
    return dict(defaults(yaml.safe_load(path.read_text(encoding="utf-8")))["services"])


def defaults(value: Any) -> Any:
    """With every variable at its default."""
    if isinstance(value, dict):
        return {key: defaults(each) for key, each in value.items()}
    if isinstance(value, list):
        return [defaults(each) for each in value]
    return INTERPOLATED.sub(lambda m: m[2] or "", value) if isinstance(value, str) else value


def settings_read() -> set[str]:
    """The variables that the settings read, and the `_FILE` beside those that hold secrets."""
    files = ("config/settings.py", "config/security.py", "config/rest.py")
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    found = re.findall(r"env\.(read|secret)\(\s*\"([A-Z_0-9]+)\"", text)
    bucket = (ROOT / "config/buckets.py").read_text(encoding="utf-8")
    return (
        set(re.findall(r"\"(AWS_[A-Z_0-9]+)\"", bucket))
        | {name for _, name in found}
        | {f"{name}_FILE" for kind, name in found if kind == "secret"}
    )


def instructions(name: str, text: str = DOCKERFILE) -> list[str]:
    """What follows each of a Dockerfile's instructions of this name, lines joined."""
    joined = text.replace("\\\n", " ")
    return re.findall(rf"^{name} (.+)$", joined, re.M)


def stages() -> dict[str, tuple[str, str]]:
    """Each stage's parent and text, by name."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.M)[1:]
    return {
        name: (parent, text)
        for parent, name, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def image_variables() -> dict[str, str]:
    return dict(word.split("=", 1) for line in instructions("ENV") for word in line.split())


def start_up(
    *, program: str = "import config.settings", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process that has no other variables of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
    )


def celery_options(program: str) -> set[str]:
    """What `celery PROGRAM` understands."""
    from celery.bin.beat import beat
    from celery.bin.worker import worker

    return {
        option
        for parameter in {"worker": worker, "beat": beat}[program].params
        for option in parameter.opts
    }


def check_celery(words: list[str]) -> None:
    """Fail where a `celery` command line names what there is not."""
    program = next(word for word in words[1:] if word in ("worker", "beat"))
    after = words[words.index(program) + 1 :]
    named = {word.partition("=")[0] for word in after if word.startswith("--")}
    assert named <= celery_options(program), named


def seconds(text: str) -> int:
    """`90s`, `2m`."""
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]
