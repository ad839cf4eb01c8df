import pytest

from catalog.silences import CACHE
from catalog.throttles import ReadsByVisitor
from tests.silent import listening


@pytest.fixture
def _three_a_minute(monkeypatch):
    monkeypatch.setattr(ReadsByVisitor, "THROTTLE_RATES", {"anon": "3/min"})


@pytest.mark.usefixtures("_three_a_minute")
def test_the_fourth_read_in_a_minute_waits(api):
    answers = [api("shops/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["Content-Type"] == "application/problem+json"
    assert 0 < int(answers[3]["Retry-After"]) <= 60


@pytest.mark.usefixtures("_three_a_minute")
def test_reads_go_on_while_the_cache_is_away(api, settings, tmp_path):
    gone = {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nothing.sock"}
    settings.CACHES = {"default": gone}

    assert [api("shops/").status_code for _ in range(4)] == [200] * 4


def test_one_read_waits_for_a_cache_that_says_nothing_and_the_others_do_not(
    api, settings, monkeypatch
):
    monkeypatch.setattr(CACHE, "_until", float("-inf"))  # and what it is found to be is put back
    with listening() as silent:
        address = f"redis://127.0.0.1:{silent.port}/15"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}

        assert [api("shops/").status_code for _ in range(4)] == [200] * 4

        assert silent.connections() == 1
