"""What bucket and machines keep of builds, and what is fetched again."""

import io

from django.core.management import call_command

from search import builds, delivery, depot, pipeline, pruning, runtime
from search.maps import making, stored
from tests.search.machines import asked, first, publish_another, second, serve, two

__all__ = ["first", "second", "two"]


def test_old_builds_go_from_bucket_and_disks_but_never_the_last_two(first, second, indexed, bucket):
    made = [indexed, *(publish_another() for _ in range(3))]
    second.enter()
    serve(made[-1])
    first.enter()

    pruning.prune_builds()

    kept = {key.split("/")[2] for key in bucket.keys("niteru/builds/")}
    assert kept == {str(build.pk) for build in made[-3:]}
    assert first.builds() == {str(build.pk) for build in made[-2:]}
    assert all(builds.cursor_of(build) for build in made[-3:])
    pruning.prune_builds(keep=1)
    kept = {key.split("/")[2] for key in bucket.keys("niteru/builds/")}
    assert kept == {str(build.pk) for build in made[-2:]}
    assert {key.split("/")[2] for key in bucket.keys("niteru/artifacts/")} == {"mobilenet_v2"}


def test_a_machine_keeps_the_published_build_and_the_one_before(two, first, second):
    old, newer = two
    first.enter()
    delivery.send_build(old)
    newest = publish_another()
    second.enter()

    serve(newest)
    first.enter()
    runtime.refresh()
    delivery.tidy()

    assert second.builds() == {str(newest.pk)}
    assert first.builds() == {str(newer.pk), str(newest.pk)}


def test_an_earlier_build_that_is_in_the_bucket_alone_can_be_served_again(first, indexed, serving):
    publish_another()
    publish_another()
    delivery.tidy()
    assert not builds.folder_of(indexed).exists()

    builds.rollback_build(indexed.pk)

    assert serving().build == indexed.pk


def test_a_file_that_this_disk_has_lost_is_fetched_again(first, indexed):
    (builds.folder_of(indexed) / "ids.npy").unlink()
    runtime.forget()

    serve(indexed)


def test_a_build_from_before_the_bucket_can_be_sent_and_served_elsewhere(indexed, first, second):
    second.enter()
    assert asked() is None  # it is on the first machine alone
    with first.meanwhile():
        builds.publish_build(indexed)

    serve(indexed)


def test_a_map_follows_its_build(first, second, indexed):
    drawn = making.make()
    second.enter()
    serve(indexed)
    stored.newest()
    asked()

    found = stored.newest()

    assert found is not None
    assert found.version == drawn.version


def test_a_worker_that_awaits_a_build_does_not_make_another(first, second, indexed):
    second.enter()

    with depot.alone():
        assert not pipeline.outgrown()


def test_a_command_waits_for_the_build_before_the_site_starts(first, second, indexed):
    second.enter()

    call_command("fetch_build", stdout=io.StringIO())

    assert second.builds() == {str(indexed.pk)}
    assert asked() == indexed.pk
