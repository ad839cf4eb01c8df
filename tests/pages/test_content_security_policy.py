import pytest


def policy_of(answer) -> dict[str, list[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/en/", "/en/nowhere", "/api/v1/docs/"])
def test_pages_may_load_the_sites_own_files_alone(client, address):
    policy = policy_of(client.get(address))

    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert not {"script-src", "style-src"} & policy.keys()


@pytest.mark.django_db
def test_the_admin_alone_runs_what_is_written_in_a_page(client):
    policy = policy_of(client.get("/admin/login/"))

    assert "'unsafe-inline'" in policy["style-src"]
    assert policy["default-src"] == ["'self'"]


def test_the_browsable_api_draws_itself_under_the_policy(visit):
    page = visit()

    page.goto("/api/v1/docs/")

    page.locator("#operations-shops-shops_list button").first.click()
    page.get_by_text("429").first.wait_for()
