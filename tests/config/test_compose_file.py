"""What operators write into .env reaches the processes that Docker runs."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_of_the_example_is_used_by_the_compose_file():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    named = set(re.findall(r"^([A-Z_]+)=", example, flags=re.MULTILINE))

    assert named
    assert named <= set(re.findall(r"\$\{([A-Z_]+)", compose))
