"""Which addresses are asked, and what becomes of those that do not answer."""

import pytest

from ventanilla.core.outbound import NoAnswer, NotAsked, may_be_asked, post_form


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("8.8.8.8", True), ("2a00:1450:4003:80e::200a", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("172.16.0.9", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False),
        ("fe80::1", False), ("fd00:ec2::254", False), ("ff02::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True), ("64:ff9b::7f00:1", False), ("64:ff9b::808:808", True), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_asked(address, asked):
    assert may_be_asked(address) is asked


def test_a_private_network_that_is_allowed_is_asked_and_no_other():
    assert may_be_asked("10.1.2.3", ["10.0.0.0/8"]) and may_be_asked("::ffff:10.1.2.3", ["10.0.0.0/8"])
    assert not may_be_asked("192.168.1.1", ["10.0.0.0/8"]) and not may_be_asked("::1", ["10.0.0.0/8"])


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/token", "https://127.0.0.1/token", "https://localhost/token", "https://[::1]/", "file:///etc/passwd",
     "https://user@8.8.8.8/", "https:///token", "https://0x7f.1/token", "https://2130706433/"],
)  # fmt: skip
def test_what_is_not_asked(url):
    with pytest.raises(NotAsked):
        post_form(url, {})


def test_a_server_that_is_not_there():
    with pytest.raises(NoAnswer):
        post_form("https://127.0.0.1:9/token", {"a": "b"}, private_nets=["127.0.0.0/8"])
    with pytest.raises(NoAnswer):
        post_form("https://no-such-host.invalid/token", {})
