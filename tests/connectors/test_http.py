"""The one way out: what is refused, what is repeated, and that everything ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests

from connectors.addresses import AllowedHosts, check_address, parse_address
from connectors.errors import SourceError
from connectors.http import Allowance, Pace, Patience, guard_session, mount_rewrite, open_session, traffic_of
from connectors.sandbox.server import Fault, Request, Response, Server, json_response
from connectors.sockets import is_public

SALESFORCE = AllowedHosts(suffixes=(".salesforce.com",))

HOSTILE = [
    "http://acme.my.salesforce.com/",
    "https://acme.my.salesforce.com:8443/",
    "https://salesforce.com/",
    "https://salesforce.com.evil.example/",
    "https://evilsalesforce.com/",
    "https://acme.my.salesforce.com./",
    "https://acme.my.salesforce.com.evil.example/",
    "https://.salesforce.com/",
    "https://a..salesforce.com/",
    "https://-a.salesforce.com/",
    "https://acme.my.salesforce.com@evil.example/",
    "https://user:password@acme.my.salesforce.com/",
    "https://evil.example/?x=.salesforce.com",
    "https://evil.example#.salesforce.com",
    "https://evil.example\\.salesforce.com/",
    "https://evil.example%2f.salesforce.com/",
    "https://evil.example%00.salesforce.com/",
    "https://evil.example\t.salesforce.com/",
    "https://acmé.salesforce.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "http://127.0.0.1:8080/",
    "http://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://100.64.0.1/",
    "https://10.0.0.1/",
    "https://metadata.google.internal/",
    "https://0/",
    "https:///path",
    "https:acme.my.salesforce.com/",
    "//acme.my.salesforce.com/",
    "ftp://acme.my.salesforce.com/",
    "file:///etc/passwd",
    "",
]


@dataclass
class Hourglass:
    """Time that passes only when somebody waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(self.sleep, lambda: self.now, lambda: 1.0)


def answer(request: Request) -> Response | None:
    if request.path == "/away":
        return Response(302, {"Location": "https://evil.example/secret?token=1"})
    if request.path == "/cookie":
        return json_response({"cookie": request.headers.get("cookie")}, headers={"Set-Cookie": "sid=1; Path=/"})
    return json_response({"method": request.method}, headers={"Sforce-Limit-Info": "api-usage=18/15000"})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([answer]) as running:
        yield running


def session_of(hourglass: Hourglass, patience: Patience | None = None) -> requests.Session:
    allowed = AllowedHosts(loopback=True)
    return open_session(allowed, repeatable_posts=("/token",), patience=patience, pace=hourglass.pace())


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError):
        check_address(address, SALESFORCE)


@pytest.mark.parametrize("address", [each for each in HOSTILE if each.startswith("http") and each.isascii()])
def test_nothing_is_sent_to_a_hostile_address(address: str) -> None:
    session = open_session(SALESFORCE)
    with pytest.raises((SourceError, requests.RequestException)):
        session.get(address)
    assert traffic_of(session).call_count == 0


@pytest.mark.parametrize(
    "address", ["https://acme.my.salesforce.com/services/data", "https://ACME--dev.sandbox.my.salesforce.com:443"]
)
def test_a_salesforce_host_is_allowed(address: str) -> None:
    assert check_address(address, SALESFORCE).host.endswith(".my.salesforce.com")


def test_this_machine_is_allowed_over_plain_http_only_where_it_is_said() -> None:
    assert check_address("http://[::1]:8080/x", AllowedHosts(loopback=True)).origin == "http://[::1]:8080"
    with pytest.raises(SourceError, match="Refused to call localhost"):
        check_address("http://localhost/", AllowedHosts())


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.1.1",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "ff02::1",
    ],
)
def test_an_address_inside_our_network_is_not_public(address: str) -> None:
    assert not is_public(address)
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")


def test_an_allowed_name_that_leads_into_our_network_is_refused_before_a_byte_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.url.rpartition(":")[2])
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with pytest.raises(SourceError, match=r"its name leads to 127\.0\.0\.1"):
        open_session(SALESFORCE).get("https://acme.my.salesforce.com/")
    assert server.journal == ()


def test_an_address_that_is_refused_is_not_repeated_with_its_secrets() -> None:
    with pytest.raises(SourceError) as refused:
        parse_address("https://user:hunter2@acme.my.salesforce.com/?token=hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("status", [406, 420, 429, 500, 503])
def test_a_get_is_repeated_until_it_succeeds(server: Server, status: int) -> None:
    server.faults.add(Fault("status", status=status, times=4))
    hourglass = Hourglass()
    assert session_of(hourglass).get(server.url).status_code == 200
    assert hourglass.waits == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("kind", ["reset", "lost", "truncate"])
def test_a_broken_get_is_repeated(server: Server, kind: str) -> None:
    server.faults.add(Fault(kind))  # type: ignore[arg-type] # mypy sees the parameter as any text
    assert session_of(Hourglass()).get(server.url).json() == {"method": "GET"}


def test_a_call_is_tried_five_times_at_most(server: Server) -> None:
    server.faults.add(Fault("html", times=None))
    session = session_of(Hourglass())
    assert session.get(server.url).status_code == 503
    assert len(server.journal) == traffic_of(session).call_count == 5


def test_the_last_error_is_raised_when_every_try_breaks(server: Server) -> None:
    server.faults.add(Fault("reset", times=None))
    with pytest.raises(requests.ConnectionError):
        session_of(Hourglass()).get(server.url)
    assert len(server.journal) == 5


def test_a_post_is_sent_once_unless_it_is_marked(server: Server) -> None:
    server.faults.add(Fault("status", times=2))
    session = session_of(Hourglass())
    assert session.post(server.url + "/change").status_code == 503
    assert session.post(server.url + "/token?x=1").status_code == 200
    assert [call.status for call in server.journal] == [503, 503, 200]


def test_a_post_that_was_turned_away_is_repeated(server: Server) -> None:
    server.faults.add(Fault("status", status=429))
    assert session_of(Hourglass()).post(server.url + "/change").json() == {"method": "POST"}


def test_a_post_whose_answer_was_lost_is_not_repeated(server: Server) -> None:
    server.faults.add(Fault("lost"))
    with pytest.raises(requests.ConnectionError):
        session_of(Hourglass()).post(server.url + "/change")
    assert len(server.journal) == 1


def test_retry_after_is_obeyed(server: Server) -> None:
    server.faults.add(Fault("status", status=429, headers={"Retry-After": "7"}))
    dates = {"Date": "Sat, 14 Nov 2026 08:00:00 GMT", "Retry-After": "Sat, 14 Nov 2026 08:00:09 GMT"}
    server.faults.add(Fault("status", status=503, headers=dates, from_call=2))
    hourglass = Hourglass()
    assert session_of(hourglass).get(server.url).status_code == 200
    assert hourglass.waits == [7.0, 9.0]


def test_a_wait_beyond_the_bound_is_left_to_the_caller(server: Server) -> None:
    server.faults.add(Fault("status", status=429, headers={"Retry-After": "3600"}))
    hourglass = Hourglass()
    session = session_of(hourglass)
    assert session.get(server.url).status_code == 429
    assert hourglass.waits == []
    assert traffic_of(session).retry_after_seconds == 3600


def test_a_redirect_is_not_followed_and_its_path_is_not_shown(server: Server) -> None:
    with pytest.raises(SourceError, match=r"redirect to evil\.example") as refused:
        session_of(Hourglass()).get(server.url + "/away")
    assert "token" not in str(refused.value)
    assert len(server.journal) == 1


def test_an_answer_that_is_too_large_is_given_up(server: Server) -> None:
    with pytest.raises(SourceError, match="more than 10 bytes"):
        session_of(Hourglass(), Patience(body_bytes=10)).get(server.url)


def test_an_answer_that_only_trickles_is_given_up(server: Server) -> None:
    server.faults.add(Fault("slow", seconds=5.0, times=None))
    with pytest.raises(requests.ReadTimeout):
        session_of(Hourglass(), Patience(body_seconds=0.2, tries=1)).get(server.url)


def test_a_server_that_does_not_answer_is_given_up(server: Server) -> None:
    server.faults.add(Fault("hang", seconds=5.0, times=None))
    with pytest.raises(requests.ReadTimeout):
        session_of(Hourglass(), Patience(read_seconds=0.2, tries=2)).get(server.url)


def test_the_headers_tell_the_allowance_and_the_time(server: Server) -> None:
    session = session_of(Hourglass())
    session.get(server.url)
    traffic = traffic_of(session)
    assert traffic.allowance == Allowance(18, 15000)
    assert traffic.server_time is not None


def test_an_allowance_per_app_is_not_taken_for_that_of_the_organisation(server: Server) -> None:
    header = {"Sforce-Limit-Info": "per-app-api-usage=17/250(appName=x)"}
    server.faults.add(Fault("status", status=400, headers=header))
    session = session_of(Hourglass())
    session.get(server.url)
    assert traffic_of(session).allowance is None


def test_cookies_and_the_environment_are_left_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    session = session_of(Hourglass())
    assert [session.get(server.url + "/cookie").json()["cookie"] for _ in range(2)] == [None, None]


def test_a_fixed_address_of_a_library_can_be_sent_to_this_machine(server: Server) -> None:
    session = requests.Session()
    traffic = guard_session(session, AllowedHosts())
    mount_rewrite(session, "https://sheets.googleapis.com", server.url)
    assert session.get("https://sheets.googleapis.com/v4/x?y=1").status_code == 200
    assert server.journal[0].path == "/v4/x"
    assert traffic.call_count == 1
    with pytest.raises(SourceError):
        session.get("https://sheets.googleapis.com.evil.example/v4/x")


def test_a_fixed_address_is_sent_nowhere_else() -> None:
    with pytest.raises(SourceError, match=r"evil\.example"):
        mount_rewrite(open_session(AllowedHosts()), "https://sheets.googleapis.com", "https://evil.example")


def test_a_session_that_is_not_guarded_has_no_count() -> None:
    with pytest.raises(TypeError):
        traffic_of(requests.Session())
