"""Headers of every answer that neither Django nor the content security policy brings."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Phones' own cameras are opened by a file field, which needs no leave; pages ask for nothing.
NOTHING = ("camera", "geolocation", "microphone", "payment", "usb", "display-capture", "midi")
PERMISSIONS = ", ".join(f"{name}=()" for name in NOTHING)


class Headers:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # Other sites may embed pictures, which say so themselves, and nothing else of ours.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
