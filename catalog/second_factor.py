"""The second factor of staff: codes of a phone's app (TOTP), and emergency codes on paper.

Keys and throttles are django-otp's; each person has one phone and one sheet of paper at most.
"""

import hashlib
import math
import secrets
from typing import NamedTuple, cast

import segno
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

Person = AbstractBaseUser | AnonymousUser

OFFERED = "second_factor_key"  # in the session, until the phone is set up
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
LENGTH = 10
# After so many failures in a row the wait grows no further than 32 seconds: whoever has the
# password and guesses codes is slowed down, and does not shut the owner out for good.
FAILURES_COUNTED = 6


class Checked(NamedTuple):
    device: Device | None  # what took the code
    wait: int  # seconds before the next code is looked at; 0 where this one was


def is_set_up(user: Person) -> bool:
    return TOTPDevice.objects.filter(user=user.pk, confirmed=True).exists()


def codes_left(user: Person) -> int:
    return StaticToken.objects.filter(device__user=user.pk).count()


def is_settled(user: Person, session: SessionBase) -> bool:
    """Whether this session may do what the person may; else a code is wanted, or a set-up."""
    if settings.ADMIN_SECOND_FACTOR == "off" or not user.is_authenticated:
        return True
    if name := session.get(DEVICE_ID_SESSION_KEY):
        device = Device.from_persistent_id(name)
        if device is not None and device.user_id == user.pk and device.confirmed:
            return True
    return settings.ADMIN_SECOND_FACTOR == "optional" and not is_set_up(user)


def begin(user: Person, session: SessionBase) -> TOTPDevice:
    """The phone that is about to be set up, not yet stored.

    Its key is this session's alone: whoever was here before the owner knows another.
    """
    key = session.setdefault(OFFERED, default_key())
    return TOTPDevice(user_id=user.pk, name="phone", key=key, confirmed=True)


def drawn(device: TOTPDevice) -> str:
    """What the phone photographs, as the address of a picture that holds itself."""
    code = segno.make(device.config_url, error="m", micro=False)
    return str(code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def typed(device: TOTPDevice) -> str:
    """The same key for phones that take no photograph, in groups of four."""
    key = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


@transaction.atomic
def confirm(user: Person, session: SessionBase, code: str) -> TOTPDevice | None:
    """Set up the phone if it shows this code; in place of one that was set up meanwhile."""
    device = begin(user, session)
    get_user_model().objects.select_for_update().get(pk=cast(int, user.pk))
    TOTPDevice.objects.filter(user=user.pk).delete()
    device.save()
    if not device.verify_token(code):
        transaction.set_rollback(True)
        return None
    del session[OFFERED]
    return device


@transaction.atomic
def make_codes(user: Person) -> list[str]:
    """New emergency codes, told this once; those before are void."""
    # Kept where there is one: a session that it has let in stays that.
    device, _made = StaticDevice.objects.get_or_create(user_id=user.pk, defaults={"name": "paper"})
    device.token_set.all().delete()
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES)]
    device.token_set.bulk_create(StaticToken(device=device, token=digest(each)) for each in codes)
    return codes


@transaction.atomic
def check(user: Person, code: str) -> Checked:
    """Whether the phone shows this code, or the paper has it, which is used up by that."""
    code = "".join(code.split()).replace("-", "").lower()
    model = TOTPDevice if code.isdigit() and len(code) < LENGTH else StaticDevice
    devices = model.objects.select_for_update()
    device = devices.filter(user=user.pk, confirmed=True).first()
    if device is None:
        return Checked(None, 0)
    return _verify(device, code if model is TOTPDevice else digest(code))


@transaction.atomic
def forget(user: Person) -> int:
    """Take phone and paper away; how many phones."""
    StaticDevice.objects.filter(user=user.pk).delete()
    phones = TOTPDevice.objects.filter(user=user.pk)
    count = phones.filter(confirmed=True).count()
    phones.delete()
    return count


def digest(code: str) -> str:
    """As much of it as the column holds; the code itself is kept nowhere."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _verify(device: TOTPDevice | StaticDevice, code: str) -> Checked:
    device.throttling_failure_count = min(device.throttling_failure_count, FAILURES_COUNTED)
    allowed, why = device.verify_is_allowed()
    if not allowed:
        left = (why["locked_until"] - timezone.now()).total_seconds()
        return Checked(None, max(1, math.ceil(left)))
    return Checked(device if device.verify_token(code) else None, 0)
