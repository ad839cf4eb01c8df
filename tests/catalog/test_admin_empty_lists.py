"""A list of the admin that has no rows says what would be in it, and how it gets there."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("page", "heading", "text"),
    [
        ("catalog/shop", "No shops yet", "An import makes those that its file names."),
        ("catalog/apitoken", "No app has a token yet", "An app that saves products needs"),
        ("search/parkedtask", "No task was given up", "waits here to be tried again."),
        ("search/build", "No index was built yet", "each night builds it anew."),
        ("search/failure", "Nothing failed to be encoded", "stands here with the reason"),
    ],
)
def test_an_empty_list_says_what_comes_into_it(admin_client, page, heading, text):
    shown = admin_client.get(f"/admin/{page}/").content.decode()

    assert heading in shown
    assert text in shown
    assert "No results found" not in shown


def test_what_can_be_added_has_a_link_to_do_so(admin_client):
    assert 'href="/admin/catalog/shop/add/">Add shop<' in (
        admin_client.get("/admin/catalog/shop/").content.decode()
    )
    assert "/admin/search/build/add/" not in (
        admin_client.get("/admin/search/build/").content.decode()
    )


def test_a_search_that_finds_nothing_is_no_empty_list(admin_client):
    for asked in ({"q": "x"}, {"state__exact": "failed"}):
        page = "catalog/shop" if "q" in asked else "search/build"
        shown = admin_client.get(f"/admin/{page}/", asked).content.decode()

        assert "No results found" in shown
        assert "yet" not in shown
