"""A picture is fetched from its address, within limits of size, time and redirects."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import PictureError
from catalog.fetching.download import UNKNOWN, Download, Version, download
from catalog.fetching.exchange import Validators
from catalog.fetching.hosts import Hosts
from catalog.fetching.limits import Limits
from catalog.fetching.targets import target_of
from catalog.fetching.wire import Dialler, Unreachable
from tests.catalog.conftest import picture
from tests.catalog.hosting import Site, keeps, leads_to, never_ends, nobody, says

QUICK = Limits(size=1_000_000, connect=5, read=0.2, whole=0.5)
PATIENT = Limits(size=1_000_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"


def fetch(site: Site, path: str, *, known: Version = UNKNOWN, limits=PATIENT) -> Download:
    dialler = Dialler(hosts=site.vouched(), limits=limits)
    return download(site.at(path), known=known, dialler=dialler)


def test_a_picture_comes_as_its_host_has_it(site):
    site.answers["/a.png?size=l"] = says(picture())

    found = fetch(site, "/a.png?size=l")

    assert found.data == picture()


def test_hosts_learn_no_more_than_they_must(site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    site.answers["/a.png"] = says(picture(), set_cookie="visitor=7")
    site.answers["/b.png"] = says(picture())

    fetch(site, "/a.png")
    fetch(site, "/b.png")

    assert site.asked[1][1] == {
        "Host": f"127.0.0.1:{site.port}",
        "User-Agent": "Niteru (pictures of a catalogue)",
        "Accept": "image/*, application/octet-stream;q=0.5",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_letters_that_addresses_do_not_have_are_written_as_browsers_do(site):
    site.answers["/%E5%86%99%E7%9C%9F/tea%20pot%20.png?q=%C3%A9"] = says(picture())

    found = fetch(site, "/写真/tea pot%20.png?q=é#middle")

    assert found.data == picture()


@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream; charset=x", None])
def test_types_that_a_picture_may_have_are_taken(site, kind):
    site.answers["/a.png"] = says(picture(), kind=kind)

    assert fetch(site, "/a.png").data == picture()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site, status):
    site.answers["/old/a.png"] = leads_to("../a.png", status)
    site.answers["/a.png"] = says(picture())

    found = fetch(site, "/old/a.png")

    assert found.data == picture()
    assert found.version.place == site.at("/a.png")


def test_five_redirects_are_followed_and_a_sixth_is_not(site):
    for step in range(6):
        site.answers[f"/{step}"] = leads_to(f"/{step + 1}")
    site.answers["/6"] = says(picture())

    assert fetch(site, "/1").data == picture()
    with pytest.raises(PictureError, match="leads on more than 5 times"):
        fetch(site, "/0")


def test_a_loop_of_redirects_ends(site):
    site.answers["/a"] = leads_to("/b")
    site.answers["/b"] = leads_to("/a")

    with pytest.raises(PictureError, match="leads on more than 5 times"):
        fetch(site, "/a")

    assert len(site.asked) == 6


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says(b"<html>", kind="text/html"), "is of the type text/html"),
        (says(b"gone", status=404), "was answered with 404"),
        (says(b"part", status=206), "was answered with 206"),
        (says(status=302, kind=None), "was answered with 302"),
        (says(status=304, kind=None), "was answered with 304"),
        (says(picture(), content_length=10**12), "more than the 1 MB allowed"),
        (says(b"x" * 1_000_001), "more than the 1 MB allowed"),
    ],
)
def test_answers_that_hold_no_picture_are_refused(site, answer, reason):
    site.answers["/a.png"] = answer

    with pytest.raises(PictureError, match=reason):
        fetch(site, "/a.png")


@pytest.mark.parametrize(
    "answer",
    [
        says(picture(), content_length=len(picture()) + 1, connection="close"),
        says(b"5\r\nhello\r\n", content_length="", transfer_encoding="chunked", connection="close"),
    ],
    ids=["by length", "by chunks"],
)
def test_a_body_that_breaks_off_is_refused(site, answer):
    site.answers["/a.png"] = answer

    with pytest.raises(Unreachable, match="broke off"):
        fetch(site, "/a.png")


def test_a_host_that_speaks_no_http_is_refused(site):
    site.answers["/a.png"] = never_ends(site, b"", head=b"SSH-2.0-OpenSSH_9.9\r\n", every=5)

    with pytest.raises(Unreachable, match="broke off"):
        fetch(site, "/a.png")


def test_a_body_without_an_end_is_cut_at_the_limit(site):
    site.answers["/a.png"] = never_ends(site, b"x" * 10_000, head=HEAD)

    with pytest.raises(PictureError, match="more than the 1 MB allowed"):
        fetch(site, "/a.png")


# Each sends something before `read` is over, for ever: only the limit of the whole ends them.
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD, b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), b"1\r\nx\r\n"),
    ],
    ids=["body", "head", "continue", "chunks"],
)
def test_a_trickle_is_cut_when_the_whole_takes_too_long(site, head, piece):
    site.answers["/a.png"] = never_ends(site, piece, head=head, every=0.05)

    with pytest.raises(Unreachable, match="took too long"):
        fetch(site, "/a.png", limits=QUICK)


def test_a_host_that_falls_silent_is_given_up_long_before_the_whole_is_over(site):
    head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n")
    site.answers["/a.png"] = never_ends(site, b"x", head=head, every=3)

    with pytest.raises(Unreachable, match="took too long"):
        fetch(site, "/a.png", limits=Limits(read=0.2))


def test_a_host_where_nobody_listens_is_unreachable():
    with nobody() as port:
        hosts = Hosts(named=frozenset([("127.0.0.1", port)]))

        with pytest.raises(Unreachable, match=r"127.0.0.1 doesn't answer \(Connection refused\)"):
            download(f"http://127.0.0.1:{port}/", dialler=Dialler(hosts=hosts, limits=PATIENT))


WORDS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"HTTP/0.9",
        b"Location: http://[",
        b"Location: ",
        b"Content-Length: ",
        b"Content-Type: ",
        b"Transfer-Encoding: chunked\r\n",
        b"ETag: ",
        b"9" * 5000,
        b"-1",
        b"\r\n",
        b"\r\n\r\n",
    ]
)


@given(st.lists(WORDS | st.binary(max_size=20), max_size=12).map(b"".join))
def test_whatever_a_host_sends_is_bytes_or_a_fault_with_a_reason(sent):
    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        held.append(theirs)
        return ours

    held: list[socket.socket] = []
    hosts = Hosts(named=frozenset([("a.example", None)]))
    dialler = Dialler(hosts=hosts, limits=PATIENT, resolve=lambda *_: ["127.0.0.1"], dial=dial)
    try:
        found = download("http://a.example/", dialler=dialler)
    except PictureError as err:
        assert str(err)
    else:
        assert found.data is not None
    finally:
        for end in held:
            end.close()


@given(st.text() | st.from_regex(r"https?://[^/]+(:[0-9]*)?/.*"))
def test_whatever_an_address_holds_is_a_host_and_a_path_or_a_fault(address):
    try:
        target = target_of(address)
    except PictureError as err:
        assert str(err)
    else:
        assert target_of(target.address) == target
        assert target.address.isascii()
        assert target.path.isprintable()
        assert " " not in target.path


def test_what_is_known_is_asked_for_conditionally(site):
    site.answers["/a.png"] = keeps(picture(), etag='"one"')
    first = fetch(site, "/a.png")

    second = fetch(site, "/a.png", known=first.version)

    assert first.version == Version(site.at("/a.png"), Validators('"one"', ""))
    assert second == Download(None, first.version)


def test_a_new_version_is_taken_with_its_new_tag(site):
    site.answers["/a.png"] = keeps(picture(), etag='"one"')
    first = fetch(site, "/a.png")
    site.answers["/a.png"] = keeps(picture(color="blue"), etag='"two"')

    second = fetch(site, "/a.png", known=first.version)

    assert second.data == picture(color="blue")
    assert second.version.validators.etag == '"two"'


def test_a_tag_of_one_place_is_not_shown_to_another(site):
    site.answers["/a.png"] = leads_to("/red.png")
    site.answers["/red.png"] = keeps(picture(color="red"), etag='"1"')
    site.answers["/blue.png"] = keeps(picture(color="blue"), etag='"1"')
    first = fetch(site, "/a.png")
    site.answers["/a.png"] = leads_to("/blue.png")

    second = fetch(site, "/a.png", known=first.version)

    assert second.data == picture(color="blue")


@pytest.mark.parametrize("etag", ['"' + "x" * 300 + '"', '"one"\r\n "two"', '"é"'])
def test_tags_that_would_not_fit_into_a_header_are_not_kept(site, etag):
    site.answers["/a.png"] = says(picture(), etag=etag)

    assert fetch(site, "/a.png").version.validators == Validators("", "")
