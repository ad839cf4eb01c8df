"""Which numbers are public hosts, by IANA's registries of special-purpose addresses.

A list of our own, because what `ipaddress.is_global` means has changed between versions of Python,
and because it takes multicast and 6to4 for global.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

# Registry of 2025-10, except for single anycast numbers that serve no pictures.
NOT_PUBLIC_4: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network; Linux takes 0.0.0.0 for itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # a provider's own (CGNAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, clouds' metadata among them
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All that is handed out as global unicast; loopback, ::ffff:0:0/96, NAT64, ULA, link-local and
# multicast lie outside.
GLOBAL_6: Final = ip_network("2000::/3")
NOT_PUBLIC_6: Final = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocols; Teredo carries an IPv4 number of anybody's choice
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries one as well
        "3fff::/20",  # documentation
    )
)


def is_public(number: str) -> bool:
    """Whether an IPv4 or IPv6 number is a host of the public internet.

    Raises ValueError for what is no such number.
    """
    found = ip_address(number)
    if isinstance(found, IPv4Address):
        return not _within(found, NOT_PUBLIC_4)
    # A zone (fe80::1%eth0) names a network card of ours.
    return not found.scope_id and found in GLOBAL_6 and not _within(found, NOT_PUBLIC_6)


def _within(number: IPv4Address | IPv6Address, networks: tuple) -> bool:
    return any(number in network for network in networks)
