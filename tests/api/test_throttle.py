import pytest

from catalog.throttles import ReadsByVisitor


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
