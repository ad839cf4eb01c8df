import re

import pytest
from django.contrib.staticfiles import finders

READ = {"200", "400", "401", "404", "405", "406", "429"}
PATHS = {
    "/api/v1/products/": READ,
    "/api/v1/products/{id}/": READ | {"304"},
    "/api/v1/categories/": READ,
    "/api/v1/shops/": READ,
}


@pytest.fixture
def schema(api):
    return api("schema/").json()


def test_is_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1.")
    assert schema["info"]["title"] == "Niteru"


def test_describes_every_call_and_its_errors(schema):
    for path, statuses in PATHS.items():
        operation = schema["paths"][path]["get"]
        assert set(operation["responses"]) == statuses
        assert "application/problem+json" in operation["responses"]["404"]["content"]
        assert {} in operation["security"]  # nobody needs a token to read


def test_every_reference_leads_somewhere(schema):
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(schema)))

    assert names
    assert names <= set(schema["components"]["schemas"])


def test_operations_have_names_of_their_own(schema):
    names = [call["operationId"] for calls in schema["paths"].values() for call in calls.values()]

    assert len(names) == len(set(names))
    assert {"products_list", "products_read"} <= set(names)


def test_parameters_are_those_of_the_filters(schema):
    parameters = schema["paths"]["/api/v1/products/"]["get"]["parameters"]

    assert {parameter["name"] for parameter in parameters} == {
        *("search", "category", "shop", "brand", "price_min", "price_max"),
        *("in_stock", "color", "sku", "ordering", "cursor", "fields"),
    }


def test_drawing_it_up_warns_of_nothing(api, capsys):
    api("schema/")

    assert capsys.readouterr().err == ""


def test_the_docs_page_loads_nothing_from_elsewhere(api):
    page = api("docs/").content.decode()

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    files = [address.removeprefix("/static/") for address in addresses if "/static/" in address]
    assert all(finders.find(file) for file in files)


EXPLAINED = ["products_list", "products_read", "products_create", "products_change"]
EXPLAINED += ["products_bulk", "products_similar", "search_words", "search_image"]
EXPLAINED += ["recommend", "events_create"]


def test_shows_an_example_of_each_kind_of_call(schema):
    calls = [call for calls in schema["paths"].values() for call in calls.values()]
    shown = {call["operationId"] for call in calls if "'examples'" in str(call)}

    assert set(EXPLAINED) <= shown
