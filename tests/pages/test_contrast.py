"""Text against what lies behind it, by WCAG 2.2's formula, in light and in dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

AA = 4.5

CSS = (Path(settings.BASE_DIR) / "static/niteru/base.css").read_text()
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]

TEXTS = [
    ("--ink", "--paper"),
    ("--ink", "--surface"),
    ("--ink-soft", "--paper"),
    ("--ink-soft", "--surface"),
    ("--accent", "--paper"),
    ("--accent", "--surface"),
    ("--accent", "--accent-soft"),
    ("--on-accent", "--accent"),
    ("--warm", "--paper"),
    ("--warm", "--warm-soft"),
    ("--good", "--paper"),
    *[("--bare-ink", f"--tint-{n}") for n in range(6)],
]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("scheme", [colours(LIGHT), colours(DARK)], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(scheme, text, ground):
    darker, lighter = sorted([luminance(scheme[text]), luminance(scheme[ground])])

    assert (lighter + 0.05) / (darker + 0.05) >= AA
