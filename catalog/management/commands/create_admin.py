"""Make the first administrator, so that a new site can be entered."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

NAME = "admin"


class Command(BaseCommand):
    help = "Create the superuser `admin` with a random password, printed once, if there is none."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            self.stdout.write("an administrator exists")
            return
        # 16 letters and signs from 64 are 96 bits: nothing to guess.
        password = secrets.token_urlsafe(12)
        name = NAME
        while users.filter(username=name).exists():  # an ordinary user may have the name
            name = f"{NAME}-{secrets.token_hex(2)}"
        users.create_superuser(name, password=password)
        self.stdout.write(f"administrator {name}, password {password} (shown only now)")
