import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.doctor.examination import findings
from config.doctor.findings import Finding, Verdict

WIDTH = 13  # of the longest subject


class Command(BaseCommand):
    help = (
        "Look at everything that the site stands on and say what is wrong and what to do; "
        "exit status 1 where something is bad. Changes nothing."
    )
    requires_system_checks = []  # they are among what is looked at

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="a line of JSON for each finding")

    def handle(self, *args: Any, **options: Any) -> None:
        worst = []
        for each in findings():
            worst.append(each.verdict)
            self.stdout.write(json.dumps(each._asdict()) if options["json"] else self.line(each))
            self.stdout.flush()
        if Verdict.BAD in worst:
            sys.exit(1)

    def line(self, found: Finding) -> str:
        style = {
            Verdict.OK: self.style.SUCCESS,
            Verdict.NOTE: self.style.WARNING,
            Verdict.BAD: self.style.ERROR,
        }[found.verdict]
        told = f"{style(found.verdict.ljust(4))}  {found.subject.ljust(WIDTH)} {found.told}"
        return f"{told}\n{' ' * (WIDTH + 7)}→ {found.remedy}" if found.remedy else told
