"""No address in a catalogue makes this site ask a host that strangers can't ask themselves."""

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import PictureError
from catalog.fetching.download import download
from catalog.fetching.hosts import PUBLIC, Hosts
from catalog.fetching.limits import Limits
from catalog.fetching.networks import is_public
from catalog.fetching.wire import Dialler, numbers_of
from tests.catalog.conftest import picture
from tests.catalog.hosting import Site, leads_to, says, serving

PUBLIC_NUMBER = "93.184.215.14"


class Names:
    """A resolver whose answers are written down beforehand, one after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0)


class Line:
    """Connects every number to one server here, and notes which it was asked for."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site
        self.dialled: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.dialled.append(address)
        if self.site is None:
            raise ConnectionRefusedError("nothing is to be dialled here")
        return socket.create_connection(("127.0.0.1", self.site.port), timeout)


def refusal(address: str, *, resolve=numbers_of, hosts: Hosts = PUBLIC) -> str:
    """The reason why it isn't fetched, where nothing was connected to."""
    line = Line()
    dialler = Dialler(hosts=hosts, limits=Limits(), resolve=resolve, dial=line)
    with pytest.raises(PictureError) as refused:
        download(address, dialler=dialler)
    assert line.dialled == []
    return str(refused.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[100::1]",
        "[2001::1]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[3fff::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        # The same in spellings that resolvers understand.
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "１２７.0.0.1",
        "127。0。0。1",
        "localhost",
        "LOCALHOST.",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hosts_that_are_not_public_are_refused(scheme, host):
    assert "is not on the public internet" in refusal(f"{scheme}://{host}/a.png")


@pytest.mark.parametrize("number", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1111"])
def test_public_numbers_are_known(number):
    assert is_public(number)


@given(st.ip_addresses())
def test_what_is_taken_for_public_is_global_unicast(number):
    if is_public(str(number)):
        assert number.is_global
        assert not (number.is_multicast or number.is_reserved or number.is_unspecified)


@given(st.ip_addresses(v=4))
def test_no_number_becomes_public_inside_of_an_ipv6_number(number):
    for prefix in ("::", "::ffff:", "64:ff9b::"):
        assert not is_public(str(ip_address(f"{prefix}{number}")))


@pytest.mark.parametrize("zone", ["fe80::1%eth0", "2606:4700::1111%eth0"])
def test_numbers_of_a_network_card_are_not_public(zone):
    assert not is_public(zone)


@pytest.mark.parametrize(
    "answers",
    [
        [PUBLIC_NUMBER, "10.0.0.1"],
        ["10.0.0.1", PUBLIC_NUMBER],
        [PUBLIC_NUMBER, "2606:4700::1111", "::1"],
        [],
    ],
)
def test_one_private_answer_among_several_refuses_the_host(answers):
    reason = refusal("https://pictures.example/a.png", resolve=Names(answers))

    assert "pictures.example is not on the public internet" in reason


def test_a_name_that_changes_its_answer_is_connected_to_as_it_was_checked(site):
    site.answers["/a.png"] = says(picture())
    names, line = Names([PUBLIC_NUMBER], ["127.0.0.1"]), Line(site)
    dialler = Dialler(hosts=PUBLIC, limits=Limits(), resolve=names, dial=line)

    found = download("http://pictures.example/a.png", dialler=dialler)

    assert found.data == picture()
    assert line.dialled == [(PUBLIC_NUMBER, 80)]
    assert names.answers == [["127.0.0.1"]]  # nobody has asked again
    assert site.asked[0][1]["Host"] == "pictures.example"


def test_a_real_connection_goes_to_the_first_answer_alone():
    """127.0.0.2 is another server at the same port, which the second answer would lead to."""
    with serving(Site()) as good, serving(Site("127.0.0.2", good.port)) as other:
        good.answers["/a.png"] = says(picture())
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        hosts = good.vouched("pictures.example")
        dialler = Dialler(hosts=hosts, limits=Limits(), resolve=names)

        found = download(f"http://pictures.example:{good.port}/a.png", dialler=dialler)

    assert found.data == picture()
    assert (good.paths, other.paths) == (["/a.png"], [])


def test_each_hop_is_looked_up_and_checked_anew(site):
    site.answers["/a.png"] = leads_to("http://pictures.example/b.png")
    names, line = Names([PUBLIC_NUMBER], ["127.0.0.1"]), Line(site)
    dialler = Dialler(hosts=PUBLIC, limits=Limits(), resolve=names, dial=line)

    with pytest.raises(PictureError, match="is not on the public internet"):
        download("http://pictures.example/a.png", dialler=dialler)

    assert line.dialled == [(PUBLIC_NUMBER, 80)]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.2/a.png", "127.0.0.2 is not on the public internet"),
        ("//169.254.169.254/latest/meta-data/", "169.254.169.254 is not on the public internet"),
        ("https://[::1]/a.png", "::1 is not on the public internet"),
        ("http://2130706433/a.png", "2130706433 is not on the public internet"),
        ("http://127.0.0.1:22/", "names the port 22"),
        ("http://127.0.0.1:{port}@10.0.0.1/", "10.0.0.1.*which holds a name or password"),
        ("file:///etc/passwd", "leads to file:///etc/passwd, which is no address of the web"),
        ("ftp://127.0.0.1/a.png", "which is no address of the web"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "which is no address of the web"),
        ("data:image/png;base64,AAAA", "which is no address of the web"),
        ("http://[", "which is an address that can't be read"),
    ],
)
def test_redirects_lead_nowhere_that_addresses_may_not(site, location, reason):
    site.answers["/a.png"] = leads_to(location.replace("{port}", str(site.port)))
    hosts = site.vouched()._replace(public=True)

    with pytest.raises(PictureError, match=reason):
        download(site.at("/a.png"), dialler=Dialler(hosts=hosts, limits=Limits()))

    assert site.paths == ["/a.png"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///etc/passwd", "is no address of the web"),
        ("FILE:/etc/passwd", "is no address of the web"),
        ("ftp://pictures.example/a.png", "is no address of the web"),
        ("gopher://pictures.example/", "is no address of the web"),
        ("data:image/png;base64,AAAA", "is no address of the web"),
        ("javascript:alert(1)", "is no address of the web"),
        ("https://me:secret@pictures.example/a.png", "holds a name or password"),
        ("https://me@pictures.example/a.png", "holds a name or password"),
        ("https://@pictures.example/a.png", "holds a name or password"),
        ("https://pictures.example:22/a.png", "names the port 22"),
        ("https://pictures.example:0/a.png", "names the port 0"),
        ("https://pictures.example:99999/a.png", "can't be read"),
        ("https:///a.png", "can't be read"),
        ("https:a.png", "can't be read"),
        ("https://pictures.example\\@127.0.0.1/a.png", "can't be read"),
        ("https://pictures.example/\r\nHost: 127.0.0.1", "can't be read"),
        ("https://127.0.0.1%2f.pictures.example/a.png", "can't be read"),
        ("https://a..example/a.png", "can't be read"),
        ("https://[::1/a.png", "can't be read"),
        ("https://[fe80::1%25eth0]/a.png", "can't be read"),
        ("https://pictures.example/" + "写" * 700, "more than 2000 characters"),
    ],
)
def test_addresses_that_are_never_asked_tell_why(address, reason):
    assert reason in refusal(address, resolve=Names([PUBLIC_NUMBER]))


def test_a_name_that_nobody_knows_is_told():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert "the host a.example is not known" in refusal("https://a.example/", resolve=unknown)


def test_nothing_is_asked_where_it_is_switched_off():
    reason = refusal("https://a.example/", resolve=Names(), hosts=Hosts(public=False))

    assert "PICTURE_HOSTS has this site fetch none" in reason


def test_none_but_those_named_are_asked_where_the_public_is_not_among_them():
    hosts = Hosts(public=False, named=frozenset([("cdn.example", None)]))

    assert "a.example is not one of PICTURE_HOSTS" in refusal("https://a.example/", hosts=hosts)
    assert "names the port 22" in refusal("https://cdn.example:22/", hosts=hosts)


def test_a_host_that_is_named_may_be_private_in_the_spelling_of_its_name_alone(site):
    site.answers["/a.png"] = says(picture())
    dialler = Dialler(hosts=site.vouched(), limits=Limits())

    assert download(site.at("/a.png"), dialler=dialler).data == picture()
    with pytest.raises(PictureError):
        download(site.at("/a.png").replace("127.0.0.1", "127.1"), dialler=dialler)
