"""The way back in for somebody who has lost phone and emergency codes."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import audit, second_factor
from catalog.audit import Kind


class Command(BaseCommand):
    help = "Takes the second factor of a person away, who sets up another at the next login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        user = users.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is nobody named {options['username']!r}")
        if not second_factor.forget(user):
            self.stdout.write(f"{user} had no second factor")
            return
        audit.record(Kind.FACTOR_OFF, request=None, user=user, detail="manage.py")
        self.stdout.write(f"{user} logs in by password alone now, and can set up another phone")
