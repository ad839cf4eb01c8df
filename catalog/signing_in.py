"""Between a login and the admin: nobody is who they say before they have given a second factor."""

from collections.abc import Callable
from typing import Any

import django_otp
from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from axes.utils import reset
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_otp.models import Device

from catalog import addresses, audit, second_factor
from catalog.audit import Kind

NOBODY = "?"


class SecondFactor:
    """`request.user` is nobody while a second factor is wanted; `request.signed_in` is who waits.

    Both are looked up when somebody asks, so that shoppers' pages stay free of sessions.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        real: Any = request.user

        def admitted() -> Any:
            settled = second_factor.is_settled(real, request.session)
            return real if settled else AnonymousUser()

        request.__dict__["signed_in"] = real
        request.user = SimpleLazyObject(admitted)  # type: ignore[assignment]
        return self.get_response(request)


def who_waits(request: HttpRequest) -> AbstractBaseUser | None:
    """Whoever has given a password and owes the second factor."""
    person = request.__dict__["signed_in"]
    return person if person.is_authenticated and request.user.is_anonymous else None


def may_try(request: HttpRequest, user: Any) -> bool:
    """Whether this person is not locked out at this address."""
    return bool(AxesProxyHandler.is_allowed(request, {"username": user.get_username()}))


def failed(request: HttpRequest, user: Any, *, factor: str) -> None:
    """Count a wrong code, or a wrong password of somebody who is logged in, as a failed login.

    factor : "code" or "password"

    During a lock it is not looked at, and makes that no longer.
    """
    if not may_try(request, user):
        request.__dict__["axes_locked_out"] = True
    credentials = {"username": user.get_username(), "factor": factor}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def admit(request: HttpRequest, user: Any, device: Device) -> None:
    """From here on the session is trusted, under a new name."""
    request.session.cycle_key()
    request.user = user
    django_otp.login(request, device)
    forgive(request, user)


def forgive(request: HttpRequest, user: Any) -> None:
    """Forget what this person failed at from here, now that they are known."""
    reset(ip=addresses.of(request), username=user.get_username())


@receiver(user_logged_in)
def _logged_in(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    audit.record(Kind.LOGIN, request=request, user=user)
    # A password alone must not take back what was counted of wrong codes.
    if second_factor.is_settled(user, request.session):
        forgive(request, user)


@receiver(user_logged_out)
def _logged_out(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None and user.is_authenticated:
        audit.record(Kind.LOGOUT, request=request, user=user)


@receiver(user_login_failed)
def _failed(sender: Any, credentials: dict, request: HttpRequest | None = None, **_: Any) -> None:
    """Once for each try that was looked at: those of a lock fill no log."""
    if request is None or (is_locked_out(request) and not was_counted(request)):
        return
    kind = Kind.FACTOR_FAILED if credentials.get("factor") == "code" else Kind.LOGIN_FAILED
    audit.record(kind, request=request, username=known(str(credentials.get("username", ""))))


@receiver(user_locked_out)
def _locked(sender: Any, request: HttpRequest, username: str, **_more: Any) -> None:
    if was_counted(request):
        audit.record(Kind.LOCKED, request=request, username=known(username))


def known(username: str) -> str:
    """The name of somebody there is: others may be passwords that were typed into its field."""
    people = get_user_model().objects.filter(username=username.replace("\0", ""))
    return username if people.exists() else NOBODY


def is_locked_out(request: HttpRequest) -> bool:
    return bool(getattr(request, "axes_locked_out", False))


def was_counted(request: HttpRequest) -> bool:
    """Whether axes, which hears of failures first, looked at this one: not so during a lock."""
    return bool(getattr(request, "axes_failures_since_start", None))
