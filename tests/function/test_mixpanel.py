import gzip
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function.mixpanel import Answer, Mixpanel, Outcome, Parcel
from tests.fakes.fake_mixpanel import FakeMixpanel, Fault, Reply

PARCEL = Parcel(gzip.compress(b'{"event":"a"}\n{"event":"b"}\n'), 2, 28)
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine's environment says of proxies is none of these tests' business."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def post_all(
    *script: int | Fault | Reply, timeout_seconds: float = 10.0
) -> tuple[list[Answer], FakeMixpanel]:
    """One door posts the parcel once for each step of the script."""
    with FakeMixpanel(script) as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=2)
        answers = [mixpanel.post(PARCEL, timeout_seconds) for _ in script]
        assert server.spent
        mixpanel.close()
    return answers, server


def test_posts_the_body_as_it_is() -> None:
    """Compressed once, long ago: the bytes go out unchanged, with what Mixpanel needs to know of them."""
    [answer], server = post_all(200)
    assert answer == Answer(Outcome.ACCEPTED, 200, imported=2)
    [posted] = server.posted
    assert posted.path == "/import?strict=1"
    assert posted.body == PARCEL.body
    headers = {name: value for name, value in posted.headers.items() if name != "host"}
    assert headers == {
        "authorization": "Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY6",
        "content-type": "application/x-ndjson",
        "content-encoding": "gzip",
        "content-length": str(len(PARCEL.body)),
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "mixpanel-importer",
    }


def test_a_service_account_may_have_any_characters() -> None:
    """The pair goes out in UTF-8."""
    with FakeMixpanel() as server:
        mixpanel = Mixpanel(server.url, ("käthe.a1", "gehe:im→"), pool_size=1)
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        assert server.posted[0].headers["authorization"] == "Basic a8OkdGhlLmExOmdlaGU6aW3ihpI="
        mixpanel.close()


def test_one_connection_serves_all_posts() -> None:
    """Whatever is answered, if it is answered in full."""
    _, server = post_all(200, 400, 401, 413, 429, 503, "html-200", 302, 200)
    assert server.connections == 1


@pytest.mark.parametrize("status", [102, 103, 199])
def test_no_answer_goes_to_another_batch(status: int) -> None:
    """After an interim answer the real one may still come: that connection serves no other POST."""
    answers, server = post_all(Reply(status), 200)
    assert [answer.outcome for answer in answers] == [Outcome.STOP, Outcome.ACCEPTED]
    assert server.connections == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """Else the credentials would go wherever it points, and a 303 would drop the batch."""
    with FakeMixpanel() as elsewhere:
        [answer], _ = post_all(Reply(status, headers={"Location": elsewhere.url}))
        assert (answer.outcome, answer.reason) == (Outcome.STOP, "redirect")
        assert not elsewhere.posted


@pytest.mark.parametrize("fault", ["reset-before", "reset-after", "close", "half-body"])
def test_a_broken_connection_is_tried_again(fault: Fault) -> None:
    """It can't be known whether the batch was stored; the next POST gets a new connection."""
    [first, second], server = post_all(fault, 200)
    assert first.outcome is Outcome.RETRY
    assert first.reason == ("half-body" if fault == "half-body" else "connection")
    assert second.outcome is Outcome.ACCEPTED
    assert server.connections == 2


def test_a_connection_that_was_closed_while_idle_is_replaced() -> None:
    """Load balancers close what is idle: that is noticed before the next POST, and costs no try."""
    with FakeMixpanel(["idle-close", 200]) as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=1)
        mixpanel.post(PARCEL, 10.0)
        time.sleep(0.1)
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        assert server.connections == 2
        mixpanel.close()


def test_a_connection_that_closes_as_it_is_used_is_tried_again() -> None:
    """The same a moment later: the request is on its way when the server closes."""
    answers, _ = post_all(200, "close", 200)
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.RETRY, Outcome.ACCEPTED]


@pytest.mark.parametrize("fault", ["stall", "trickle-head", "trickle-body", "endless-body"])
def test_no_server_holds_a_thread_past_the_timeout(fault: Fault) -> None:
    """Silent, or a byte at a time, or without end: the whole of a POST has one bound."""
    started = time.monotonic()
    [answer], server = post_all(fault, timeout_seconds=0.4)
    assert answer.outcome is Outcome.RETRY
    assert time.monotonic() - started < 3
    assert server.endless_bytes < 50_000_000


def test_a_server_that_reads_nothing_holds_no_thread() -> None:
    """The sending is bounded like the reading."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/import"
        mixpanel = Mixpanel(url, (TOKEN, ""), pool_size=1)
        started = time.monotonic()
        answer = mixpanel.post(Parcel(b"x" * 50_000_000, 1, 1), 0.5)
        assert (answer.outcome, answer.reason) == (Outcome.RETRY, "timeout")
        assert time.monotonic() - started < 3
        mixpanel.close()


def test_a_timeout_belongs_to_its_post_alone() -> None:
    """What the last POST left of its time says nothing about the next on the same connection."""
    with FakeMixpanel() as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=1)
        mixpanel.post(PARCEL, 0.2)
        time.sleep(0.3)
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        assert server.connections == 1
        mixpanel.close()


@pytest.mark.parametrize("status", [200, 400, 502])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_no_answer_fills_the_memory(status: int, encoding: str) -> None:
    """An endless page or a gzip bomb is read up to a bound."""
    body = b" " * 100_000_000
    if encoding == "gzip":
        body = gzip.compress(body, 1)
    with FakeMixpanel([Reply(status, body, {"Content-Encoding": encoding}), 200]) as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=1)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        mixpanel.post(PARCEL, 30.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak - before < 20_000_000
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        mixpanel.close()


def test_a_long_list_of_failures_is_read_whole() -> None:
    """2,000 records can all be refused, each with a sentence."""
    element = '{"index":%d,"insert_id":"%s","field":"properties.%s","message":"%s"}'
    elements = [element % (index, "i" * 36, "p" * 255, "m" * 200) for index in range(2_000)]
    body = ('{"failed_records":[' + ",".join(elements) + '],"num_records_imported":0}').encode()
    [answer], _ = post_all(Reply(400, body))
    assert [failure.index for failure in answer.failures] == list(range(2_000))


def test_an_answer_in_gzip_is_read() -> None:
    """We ask for none; a proxy on the way may not care."""
    body = gzip.compress(b'{"num_records_imported":2}')
    answers, _ = post_all(
        Reply(200, body, {"Content-Encoding": "gzip"}), Reply(200, body[:-12], {"Content-Encoding": "gzip"})
    )
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.RETRY]


@pytest.mark.parametrize("status", [401, 403, 413, 429, 503])
def test_a_status_stands_where_its_body_breaks_off(status: int) -> None:
    """It has said all that matters."""
    raw = b"HTTP/1.1 %d No\r\nContent-Length: 100\r\n\r\n{" % status
    [answer], _ = post_all(Reply(0, raw=raw))
    assert answer.status == status


def test_no_one_listens() -> None:
    """A refused connection and a name that isn't there may pass, like all that the network does."""
    with FakeMixpanel() as server:
        url = server.url
    for gone, word in ((url, "refused"), ("http://nowhere.invalid/import", "gaierror")):
        answer = Mixpanel(gone, (TOKEN, ""), pool_size=1).post(PARCEL, 10.0)
        assert (answer.outcome, answer.status, answer.reason) == (Outcome.RETRY, 0, "connection")
        assert word in answer.message


def test_no_credential_is_ever_shown() -> None:
    """Neither by the door itself nor in an answer, whoever echoes it."""
    with FakeMixpanel() as server:
        mixpanel = Mixpanel(server.url, ("account.1", "s3cret"), pool_size=1)
        basic = mixpanel._request.headers["Authorization"]
        basic = basic.removeprefix("Basic ")
        echoes = [
            Reply(401, b'{"error":"account.1:s3cret"}'),
            Reply(400, b'{"error":"%s","failed_records":["s3cret %s"]}' % (basic.encode(), basic.encode())),
            Reply(0, raw=b"s3cret " + basic.encode() + b"\r\n\r\n"),
        ]
        server.script.extend(echoes)
        shown = [repr(mixpanel), str(mixpanel), *(repr(mixpanel.post(PARCEL, 10.0)) for _ in echoes)]
        mixpanel.close()
    for text in shown:
        assert "s3cret" not in text
        assert basic not in text
    assert "***" in shown[2]
    assert b"event" not in repr(PARCEL).encode()


def test_goes_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked up when the door is made; the proxy's own credentials go to the proxy, and into no message."""
    with FakeMixpanel([200, "close"]) as proxy:
        host = proxy.url.removeprefix("http://").removesuffix("/import?strict=1")
        monkeypatch.setenv("HTTP_PROXY", f"http://me:pr0xy@{host}")
        mixpanel = Mixpanel("http://mixpanel.invalid/import?strict=1", (TOKEN, ""), pool_size=1)
        monkeypatch.delenv("HTTP_PROXY")
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        broken = mixpanel.post(PARCEL, 10.0)
        assert broken.outcome is Outcome.RETRY
        assert "pr0xy" not in repr(broken)
        assert proxy.posted[0].path == "http://mixpanel.invalid/import?strict=1"
        assert proxy.posted[0].headers["proxy-authorization"] == "Basic bWU6cHIweHk="
        mixpanel.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_tls_is_verified(tls: ssl.SSLContext) -> None:
    """An unknown certificate gets no credentials."""
    with FakeMixpanel(tls=tls) as server:
        answer = Mixpanel(server.url, (TOKEN, ""), pool_size=1).post(PARCEL, 10.0)
        assert (answer.outcome, answer.reason) == (Outcome.RETRY, "connection")
        assert "self-signed certificate" in answer.message
        assert not server.posted


def test_tls_keeps_to_the_same_bounds(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep-alive, idle closes and the total timeout are over TLS what they are without."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with FakeMixpanel([200, 200, "trickle-head", "trickle-body", 200, "idle-close", 200], tls=tls) as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=1)
        assert [mixpanel.post(PARCEL, 10.0).outcome for _ in range(2)] == [Outcome.ACCEPTED] * 2
        assert server.connections == 1
        for _ in range(2):
            started = time.monotonic()
            assert mixpanel.post(PARCEL, 0.4).outcome is Outcome.RETRY
            assert time.monotonic() - started < 3
        assert [mixpanel.post(PARCEL, 10.0).outcome for _ in range(2)] == [Outcome.ACCEPTED] * 2
        time.sleep(0.1)
        assert mixpanel.post(PARCEL, 10.0).outcome is Outcome.ACCEPTED
        assert server.spent
        mixpanel.close()


@pytest.fixture(scope="module")
def babbler() -> Iterator[tuple[FakeMixpanel, Mixpanel]]:
    with FakeMixpanel() as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=1)
        yield server, mixpanel
        mixpanel.close()


heads = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 400 \r\nContent-Length: x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x1f\x8b",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; expires=never\r\nX: \xff\r\n\r\n",
        b"HTTP/1.1 302 -\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 -\r\n\r\nHTTP/1.1 199 -\r\n",
        b"HTTP/9.9 999 \r\n",
        b"HTTP/1.1 -1 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000,
        b"",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=heads, rest=st.binary() | st.sampled_from([b"\r\n\r\n", b"\r\n\r\n5\r\nhello\r\nZ\r\n", b"0\r\n"])
)
def test_whatever_comes_back_is_an_answer(
    babbler: tuple[FakeMixpanel, Mixpanel], head: bytes, rest: bytes
) -> None:
    """No bytes on the wire make `post` raise, nor leave the door broken for the next."""
    server, mixpanel = babbler
    server.script.extend([Reply(0, raw=head + rest), 200])
    answers = []
    while not server.spent:  # one more than two where the closing connection was caught in use
        answers.append(mixpanel.post(PARCEL, 10.0))
    assert len(answers) <= 3
    assert answers[-1].outcome is Outcome.ACCEPTED


def test_twenty_threads_share_the_door() -> None:
    """Each with its own connection, none made twice."""
    with FakeMixpanel() as server:
        mixpanel = Mixpanel(server.url, (TOKEN, ""), pool_size=20)
        answers: list[Answer] = []

        def post_some() -> None:
            answers.extend(mixpanel.post(PARCEL, 10.0) for _ in range(20))

        threads = [threading.Thread(target=post_some) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mixpanel.close()
    assert answers == [Answer(Outcome.ACCEPTED, 200, imported=2)] * 400
    assert server.connections <= 20
