"""Who calls the API: anybody, or a program with a shop's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission

from catalog import tokens
from catalog.models import ApiToken, Shop

if TYPE_CHECKING:
    # rest_framework.views itself reads the setting that names this module.
    from rest_framework.request import Request
    from rest_framework.views import APIView

SCHEME = "Bearer"


class Program:
    """What stands for a user in a request that carries a token."""

    is_authenticated = True
    is_active = True
    is_staff = False

    def __init__(self, token: ApiToken) -> None:
        self.pk = f"token-{token.pk}"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer nit_…`; sessions of the admin mean nothing to the API."""

    def authenticate(self, request: Request) -> tuple[Program, ApiToken] | None:
        scheme, _separator, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = tokens.find(key.strip())
        if token is None:
            raise AuthenticationFailed(_("The token is not known here, or was revoked."))
        tokens.note_use(token)
        return Program(token), token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class MayWrite(BasePermission):
    """Reads are for everybody, writes for tokens that may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return True
        self.message = _("This token may only read; make one in the admin that may write.")
        return isinstance(request.auth, ApiToken) and request.auth.can_write


def shop_of(request: Request) -> Shop:
    """Whose token it is, where `MayWrite` has let the request pass."""
    assert isinstance(request.auth, ApiToken)
    return request.auth.shop


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "catalog.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of a shop, made in the admin. Only writes need one.",
        }
