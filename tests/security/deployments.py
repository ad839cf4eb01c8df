"""The environments that docker-compose and systemd start the site's processes with."""

import os
import re
import subprocess
import sys

from tests.config.deployed import ROOT, services

KEY = "kJ4v0x7Zq1Lw9Rt2Yb6Nc8Md3Fs5Gh-aP_oIuEyTrWqXzVnBmCl"
HTTPS = {"SITE_URL": "https://shop.example.org", "ALLOWED_HOSTS": "shop.example.org"}


def of_compose() -> dict[str, str]:
    given = {name: str(value) for name, value in services()["web"]["environment"].items()}
    return given | HTTPS | {"SECRET_KEY": KEY, "TRUSTED_PROXIES": "1"}


def of_systemd() -> dict[str, str]:
    text = (ROOT / "deploy/systemd/niteru.env").read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.M)) | {"SECRET_KEY": KEY}


def of_demo() -> dict[str, str]:
    return {"SITE_URL": "http://127.0.0.1:8320", "DEBUG": "0", "SECRET_KEY": KEY}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py …` in a process with these variables alone, and the servers of this run."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL") if name in os.environ
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**variables, **kept},
        capture_output=True,
        text=True,
    )
