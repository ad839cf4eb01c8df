"""The pages of the index and of the data's health, as staff use them in a browser."""

import pytest
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from playwright.sync_api import expect

from catalog.models import Product
from search import builds
from search.models import Build, Event
from search.runs import records
from tests.pages.conftest import serious

SCREENS = [{"width": 1280}, {"width": 390, "scheme": "dark"}]
PAGES = ["/admin/search/dashboard/", "/admin/search/health/"]


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_everybody_can_read_the_pages_with_products_and_without(office, market, screen):
    page = office(**screen)
    Event.objects.create(
        visitor=1, origin=1, product=market["mug-red"], type="view", source="product:1", position=0
    )
    found = []
    for emptied in (False, True):
        if emptied:
            Product.objects.all().delete()
            Build.objects.all().delete()
        for address in PAGES:
            page.goto(address)
            found += serious(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]

    assert found == []


def test_a_build_is_published_and_rolled_back_by_a_click(office, market):
    first = Build.objects.published_one()
    newer = builds.build_index()
    page = office()
    page.goto("/admin/search/dashboard/")

    page.get_by_role("button", name=f"Publish build #{newer.pk}").click()
    served = page.get_by_role("row").filter(has_text="served")
    expect(served).to_contain_text(f"#{newer.pk}")
    page.get_by_role("button", name="Roll back to the one before").click()

    assert first is not None
    expect(served).to_contain_text(f"#{first.pk}")


def test_the_hour_of_the_nightly_job_is_changed(office, market):
    at_three = CrontabSchedule.objects.create(hour="3", minute="0")
    PeriodicTask.objects.create(name="nightly", task="search.tasks.reindex", crontab=at_three)
    page = office()
    page.goto("/admin/search/dashboard/")

    page.locator("[name=at]").fill("04:30")
    page.get_by_role("button", name="Change", exact=True).click()

    expect(page.locator("[name=at]")).to_have_value("04:30")


def test_what_a_product_lacks_leads_to_its_page(office, market):
    market["mug-red"].images.all().delete()
    page = office()
    page.goto("/admin/")

    page.get_by_role("link", name="Health of the data").click()
    page.get_by_role("link", name="1 Without a picture").click()
    page.get_by_role("link", name="Red ceramic mug").click()

    expect(page.locator("[name=sku]")).to_have_value("mug-red")


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_everybody_can_follow_a_run_and_it_is_shown_live(office, market, screen):
    run = records.take(by=records.By.NIGHTLY)
    run.steps.filter(name="fit").update(state="skipped", reason="nothing has changed")
    run.steps.filter(name="build").update(state="running", share=0.25, detail="rows")
    page = office(**screen)
    page.goto("/admin/search/dashboard/")
    bar = page.get_by_role("progressbar", name="building")
    expect(bar).to_have_attribute("value", "25")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]

    run.steps.filter(name="build").update(share=0.75)
    expect(bar).to_have_attribute("value", "75")
    records.give_up(run)

    expect(page.get_by_text("interrupted")).to_be_visible()
    expect(page.get_by_role("button", name="Try again from there")).to_be_visible()
