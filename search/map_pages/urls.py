"""Addresses of the map, which the admin of builds takes in below its own."""

from django.contrib import admin
from django.urls import URLPattern, path

from search.map_pages import awaited, misfits, plane, repeats
from search.map_pages.access import View

VIEWS: list[tuple[str, View, str]] = [
    ("map/", plane.page, "search_map"),
    ("map/awaited/", awaited.place, "search_map_awaited"),
    ("map/points/", plane.points, "search_map_points"),
    ("map/products/<int:pk>/", plane.card, "search_map_card"),
    ("map/misfits/", misfits.page, "search_map_misfits"),
    ("map/misfits/<int:pk>/", misfits.decide, "search_map_misfit"),
    ("map/repeats/", repeats.page, "search_map_repeats"),
    ("map/repeats/merge/", repeats.decide, "search_map_merge"),
    ("map/repeats/<int:pk>/undo/", repeats.undo, "search_map_undo"),
]


def urls() -> list[URLPattern]:
    return [path(route, admin.site.admin_view(view), name=name) for route, view, name in VIEWS]
