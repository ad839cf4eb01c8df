"""What a visitor looked at lately: kept by their own browser in a cookie, and nowhere else."""

from django.http import HttpRequest, HttpResponse

from catalog.models import Product

COOKIE = "viewed"
SEPARATOR = "."  # needs no quotes in a cookie
MOST = 12
SECONDS = 30 * 24 * 3600


def ids(request: HttpRequest) -> list[int]:
    """Products, the last viewed first; what is no number in the cookie is passed over."""
    words = request.COOKIES.get(COOKIE, "").split(SEPARATOR)[:MOST]
    # A longer number fits no bigint, and Postgres would call it an error.
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19]
    return list(dict.fromkeys(numbers))


def products(request: HttpRequest, *, beside: Product | None = None) -> list[Product]:
    """Those that are still published, the last viewed first, without the one that is open."""
    wanted = [pk for pk in ids(request) if beside is None or pk != beside.pk]
    if not wanted:
        return []
    found = Product.objects.published().for_cards().in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def remember(request: HttpRequest, response: HttpResponse, *, product: Product) -> None:
    others = [pk for pk in ids(request) if pk != product.pk]
    response.set_cookie(
        COOKIE,
        SEPARATOR.join(map(str, [product.pk, *others][:MOST])),
        max_age=SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
