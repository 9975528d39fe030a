"""A download reaches public servers only, whatever the address, the name, the redirects or the body try."""

import ipaddress
import threading
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.internet import AUTHORITY, PUBLIC, PUBLIC_V6, gzipped, html, redirect, serving
from tools.addresses import is_forbidden, is_public
from tools.pinned_connection import tls_context
from tools.safe_fetch import Limits, safe_fetch
from tools.web_address import FetchError, parse

PRIVATE = [
    "127.0.0.1", "127.255.0.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "198.18.0.1", "192.0.2.1", "203.0.113.5", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "100.100.100.200", "192.0.0.192",
    "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "4000::1", "5f00::1", "3fff::1",
]  # fmt: skip
PUBLIC_ONES = [
    "93.184.216.34",
    "1.1.1.1",
    "2606:4700::1111",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
    "2002:5db8:d822::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_known_as_such(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_ONES)
def test_a_public_address_is_known_as_such(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_as_public_as_by_itself(address):
    number = int(address)
    carriers = (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80)
    assert {is_public(ipaddress.IPv6Address(carrier)) for carrier in carriers} == {is_public(address)}


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_refused_before_any_connection(address, internet):
    internet.names["inside.example"] = [[address]]
    with pytest.raises(FetchError, match=r"'inside.example' is at .*, which is not on the public internet"):
        safe_fetch("http://inside.example/")
    assert internet.connected == []


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_written_out_is_refused_as_a_name_is(address, internet):
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(FetchError, match="not on the public internet"):
        safe_fetch(f"http://{host}/")
    assert internet.connected == []


def test_one_private_address_among_public_ones_spoils_the_name(internet):
    internet.names["mixed.example"] = [[PUBLIC, "10.0.0.1"]]
    with pytest.raises(FetchError, match=r"is at 10\.0\.0\.1"):
        safe_fetch("http://mixed.example/")
    assert internet.connected == []


def test_a_page_is_read_with_its_type_charset_and_final_address(internet):
    with serving({"/a": html("<p>Ü"), "/start": redirect("/a?x=1#part")}) as server:
        internet.add("page.example", server)
        fetched = safe_fetch("http://PAGE.example/start")
    assert (fetched.url, fetched.status) == ("http://page.example/a?x=1", 200)
    assert (fetched.media_type, fetched.charset, fetched.body) == ("text/html", "utf-8", "<p>Ü".encode())
    assert [request.headers["Host"] for request in server.requests] == ["page.example"] * 2


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(internet):
    with serving({"/": html("public")}) as server:
        internet.add("rebind.example", server)
        internet.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
        assert safe_fetch("http://rebind.example/").body == b"public"
    assert internet.looked_up == ["rebind.example"]
    assert internet.connected == [(PUBLIC, 80)]


def test_a_name_that_changes_its_address_between_redirects_is_caught(internet):
    with serving({"/": redirect("http://rebind.example/again")}) as server:
        internet.add("rebind.example", server)
        internet.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
        with pytest.raises(FetchError, match=r"is at 127\.0\.0\.1"):
            safe_fetch("http://rebind.example/")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/admin", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "//10.0.0.1/", "http://2130706433/",
        "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "file:///etc/passwd", "ftp://page.example/", "gopher://x/",
        "http://user:pass@page.example/", "http://page.example:22/", "javascript:alert(1)", "http://page.example\\@127.0.0.1/",
        "http://[::ffff:127.0.0.1]/", "http://page.example:99999/",
    ],
)  # fmt: skip
def test_every_redirect_is_checked_as_the_first_address_is(location, internet):
    with serving({"/": redirect(location)}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError):
            safe_fetch("http://page.example/")
    assert len(server.requests) == 1
    assert internet.connected == [(PUBLIC, 80)]


def test_redirects_in_a_circle_end(internet):
    with serving({"/": redirect("/")}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError, match="redirects more than 5 times"):
            safe_fetch("http://page.example/")
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "does not start with http"),
        ("page.example", "does not start with http"),
        ("", "does not start with http"),
        ("http://", "has no valid host name"),
        ("http://a b/", "has spaces, backslashes or control characters"),
        ("http://page.example\\@127.0.0.1/", "has spaces, backslashes or control characters"),
        ("http://page.example/\r\nHost: other", "has spaces, backslashes or control characters"),
        ("http://127.0.0.1@page.example/", "user name or password"),
        ("http://2130706433/", "unusual spelling of an address"),
        ("http://0x7f000001/", "unusual spelling of an address"),
        ("http://0177.0.0.1/", "unusual spelling of an address"),
        ("http://127.1/", "unusual spelling of an address"),
        ("http://page.example:25/", "Port 25 is not one that web pages use"),
        ("http://page.example:x/", "is no web address"),
        ("http://[::1/", "is no web address"),
        ("http://" + "a" * 300 + ".example/", "has no valid host name"),
        ("http://x.example/" + "a" * 9000, "has 9017 characters; 8192 is the most"),
        ("http://a%00b.example/", "has no valid host name"),
        ("http://-\u3002/", "has no valid host name|is no host name"),
    ],
)
def test_an_odd_address_is_refused_and_the_reason_given(url, said, internet):
    with pytest.raises(FetchError, match=said):
        safe_fetch(url)
    assert internet.looked_up == []


def test_digits_of_other_scripts_are_read_as_the_address_they_spell(internet):
    with pytest.raises(FetchError):
        safe_fetch("http://\uff11\uff12\uff17.0.0.1/")
    assert internet.connected == []


def test_a_name_in_another_script_is_looked_up_in_ascii():
    assert parse("http://Bücher.example/straße?q=ü&a=b%20c").url == (
        "http://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC&a=b%20c"
    )


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text):
    try:
        target = parse("http://" + text)
    except FetchError as error:
        said = str(error)
        assert said.endswith(".") or ":" in said
        return
    assert parse(target.url) == target


def test_a_private_server_is_reached_when_that_is_allowed():
    with serving({"/": html("inside")}) as server:
        assert safe_fetch(server.url, Limits(allow_private=True)).body == b"inside"
        with pytest.raises(FetchError, match="not on the public internet"):
            safe_fetch(server.url)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254"]
)
def test_metadata_services_stay_closed_even_when_private_addresses_are_allowed(address, internet):
    assert is_forbidden(ipaddress.ip_address(address))
    internet.names["meta.example"] = [[address]]
    with pytest.raises(FetchError, match="and never fetched"):
        safe_fetch("http://meta.example/", Limits(allow_private=True))
    assert internet.connected == []


def test_a_body_that_announces_too_much_is_refused_unread(internet):
    def huge(request):
        request.answer(200, {"Content-Type": "text/plain", "Content-Length": "99999999999"}, b"")

    with serving({"/": huge}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError, match=r"is larger than 0\.001 MB"):
            safe_fetch("http://page.example/", Limits(max_bytes=1000))


def test_a_body_without_an_end_is_cut_off(internet):
    sent = []

    def endless(request):
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        while len(sent) < 10_000:
            request.wfile.write(b"x" * 10_000)
            sent.append(1)

    with serving({"/": endless}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError, match=r"is larger than 0\.1 MB"):
            safe_fetch("http://page.example/", Limits(max_bytes=100_000))
    assert len(sent) < 10_000


def test_a_compressed_body_is_unfolded(internet):
    with serving({"/": gzipped(b"hello " * 1000)}) as server:
        internet.add("page.example", server)
        assert safe_fetch("http://page.example/").body == b"hello " * 1000


def test_a_small_body_that_unfolds_to_a_huge_one_is_stopped_early(internet):
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = bytes(10_000_000)
    bomb = b"".join(packer.compress(block) for _ in range(10)) + packer.flush()
    assert len(bomb) < 500_000
    with serving({"/": (200, {"Content-Encoding": "gzip"}, bomb)}) as server:
        internet.add("page.example", server)
        started = time.monotonic()
        with pytest.raises(FetchError, match="is larger than 2 MB"):
            safe_fetch("http://page.example/", Limits(max_bytes=2_000_000))
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [("br", b"\x00", "compressed as 'br'"), ("gzip", b"not gzip at all", "damaged compressed data")],
)
def test_a_body_that_cannot_be_unfolded_says_so(encoding, body, said, internet):
    with serving({"/": (200, {"Content-Encoding": encoding}, body)}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError, match=said):
            safe_fetch("http://page.example/")


def drip(what, pause=0.05):
    def page(request):
        if what == "body":
            request.send_response(200)
            request.end_headers()
        for _ in range(200):
            time.sleep(pause)
            request.wfile.write(b"x")
            request.wfile.flush()

    return page


@pytest.mark.parametrize("what", ["headers", "body"])
def test_a_server_that_drips_is_left_when_the_time_is_up(what, internet):
    with serving({"/": drip(what)}) as server:
        internet.add("page.example", server)
        started = time.monotonic()
        with pytest.raises(FetchError, match=r"did not finish within 0\.4 seconds"):
            safe_fetch("http://page.example/", Limits(timeout_s=0.4))
    assert time.monotonic() - started < 1.5


def test_a_resolver_that_hangs_is_left_when_the_time_is_up(internet, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: time.sleep(3))
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"could not be looked up in time|did not finish within"):
        safe_fetch("http://page.example/", Limits(timeout_s=0.2))
    assert time.monotonic() - started < 1


def test_a_download_that_is_no_longer_wanted_ends(internet):
    cancel = threading.Event()
    with serving({"/": drip("body")}) as server:
        internet.add("page.example", server)
        threading.Timer(0.15, cancel.set).start()
        with pytest.raises(FetchError, match="was stopped"):
            safe_fetch("http://page.example/", cancel=cancel)


def test_only_the_media_types_asked_for_are_read(internet):
    with serving({"/": (200, {"Content-Type": "Image/SVG+xml; x=y"}, b"<svg/>")}) as server:
        internet.add("page.example", server)
        with pytest.raises(FetchError, match=r"is image/svg\+xml, which is not supported; application/json, text/ are"):
            safe_fetch("http://page.example/", Limits(media_types=("text/", "application/json")))
        assert safe_fetch("http://page.example/", Limits(media_types=("image/",))).body == b"<svg/>"


def test_a_post_sends_its_body_and_follows_no_redirect(internet):
    with serving({"/": lambda request: request.answer(200, {}, request.sent[::-1]), "/moved": redirect("/")}) as server:
        internet.add("page.example", server)
        assert safe_fetch("http://page.example/", body=b"abc").body == b"cba"
        with pytest.raises(FetchError, match=r"redirects to /\. Use that address"):
            safe_fetch("http://page.example/moved", body=b"abc")


def test_own_headers_do_not_follow_a_redirect_to_another_server(internet):
    with serving({"/": html("")}) as other, serving({"/": redirect("http://other.example/")}) as server:
        internet.add("page.example", server)
        internet.add("other.example", other, address="1.1.1.1")
        safe_fetch("http://page.example/", headers={"Authorization": "Bearer secret"})
    assert server.requests[0].headers["Authorization"] == "Bearer secret"
    assert other.requests[0].headers["Authorization"] is None


def test_the_environments_proxy_is_not_used(internet, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving({"/": html("direct")}) as server:
        internet.add("page.example", server)
        assert safe_fetch("http://page.example/").body == b"direct"


def test_the_next_address_is_tried_when_one_does_not_answer(internet):
    with serving({"/": html("here")}) as server:
        internet.add("page.example", server)
        internet.names["page.example"] = [[PUBLIC_V6, PUBLIC]]
        assert safe_fetch("http://page.example/").body == b"here"
    assert [address for address, _ in internet.connected] == [PUBLIC_V6, PUBLIC]


def test_a_server_that_is_down_and_a_name_that_is_unknown_are_told_apart(internet):
    internet.names["down.example"] = [[PUBLIC]]
    with pytest.raises(FetchError, match=r"cannot be read: .*Connection refused"):
        safe_fetch("http://down.example/")
    with pytest.raises(FetchError, match=r"There is no host 'unknown\.example'"):
        safe_fetch("http://unknown.example/")


@pytest.fixture
def trusted(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def test_tls_names_the_host_and_checks_its_certificate(internet, trusted):
    with serving({"/": html("sealed")}, tls=True) as server:
        internet.add("page.example", server, port=443)
        assert safe_fetch("https://page.example/").body == b"sealed"
        assert server.server_names == ["page.example"]
        internet.add("other.example", server, port=443)
        with pytest.raises(FetchError, match=r"CERTIFICATE_VERIFY_FAILED.*other\.example"):
            safe_fetch("https://other.example/")
    assert internet.connected[0] == (PUBLIC, 443)


def test_an_unknown_authority_is_not_trusted(internet):
    with serving({"/": html("sealed")}, tls=True) as server:
        internet.add("page.example", server, port=443)
        with pytest.raises(FetchError, match="CERTIFICATE_VERIFY_FAILED"):
            safe_fetch("https://page.example/")
