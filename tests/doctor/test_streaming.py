"""`manage.py doctor streaming` against real faults: a real site behind real proxies that do what they should not."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conversations import probes
from tests.people import Person
from tests.programs.nginx import Nginx
from tests.programs.program import free_port
from tests.programs.serve import ROOT, Serve

pytestmark = pytest.mark.nginx

SHORT = {"conversations.views.probe.SILENCE": 0.7, "conversations.views.probe.TICKS": 3}
SILENT = {**SHORT, "conversations.views.probe.SILENCE": 2.5}
BUFFERS = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
ZIPS = "gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;"
SIX = "a browser opens six connections to a site, and six tabs with running answers let a seventh wait."
Told = tuple[str, str]  # the level and the text of a finding


def ok(text: str) -> Told:
    return "ok", text


def warning(text: str) -> Told:
    return "warning", text


def fault(text: str) -> Told:
    return "fault", text


ONLY_HTTP = warning(f"PUBLIC_URL begins with http, over which browsers speak no HTTP/2: {SIX}")


@pytest.fixture(scope="module")
def site() -> Iterator[Serve]:
    with Serve(
        port=free_port(),
        shrink=SHORT,
        TRUSTED_PROXIES="127.0.0.1",
        PUBLIC_URL="https://localhost",
        ALLOWED_HOSTS="127.0.0.2",
    ) as site:
        yield site


def look(site: Serve, *, shrink: dict[str, float] | None = None, **settings: str) -> tuple[int, list[Told], str]:
    """The doctor's exit status, what it found, and its remedies, with the settings of the site and these."""
    starter = ["-m", "tests.programs.shrunk", json.dumps(shrink)] if shrink else ["manage.py"]
    done = subprocess.run(
        [sys.executable, *starter, "doctor", "streaming", "--json"],
        cwd=ROOT,
        env=site.environment | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    return (
        done.returncode,
        [(each["level"], plain(each["text"])) for each in found],
        "\n".join(each["remedy"] for each in found),
    )


def plain(text: str) -> str:
    """Without ports, versions and measured times."""
    text = re.sub(r"(localhost|127\.0\.0\.\d|port) ?:?\d{5}", r"\1", text)
    return re.sub(r"nginx/[\d.]+", "nginx", re.sub(r"\d+ ms|[1-9]\.\d s", "…", text))


def changed(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def through(nginx: Nginx) -> dict[str, str]:
    """PUBLIC_URL at this proxy, whose certificate is trusted."""
    trusted = {"SSL_CERT_FILE": str(nginx.folder / "fullchain.pem")} if nginx.tls else {}
    return {"PUBLIC_URL": nginx.url.replace("//127.0.0.1", "//localhost"), **trusted}


WELL = ok("through https://localhost: first event after …, no delay over …, HTTP/2 is offered")
NGINX = "https://localhost (Server: nginx)"
ZIPPED = warning(
    f"{NGINX} compresses streams (gzip), though they say no-transform: a compressor holds events back.",
)
HOLDS = fault(f"{NGINX} holds back what the site sends over HTTP/1.1: some came … late, or not at all.")


def test_site_without_proxy_streams_well(site: Serve):
    status, told, _ = look(site, PUBLIC_URL="")

    assert status == 0
    assert told == [
        ok(
            "PUBLIC_URL is not set; streams come well at http://127.0.0.1: first event after …, no delay over …, "
            "HTTP/1.1",
        )
    ]


def test_proxy_of_our_configuration_is_well(site: Serve):
    with Nginx(site.port, tls=True) as nginx:
        found = look(site, **through(nginx))

    assert found == (0, [WELL], "")


FAULTS = {
    "buffers": (changed("proxy_buffering off;", BUFFERS), [HOLDS], "`proxy_buffering off;`"),
    "buffers and zips": (changed("proxy_buffering off;", BUFFERS + ZIPS), [HOLDS, ZIPPED], "`gzip off;`"),
    "speaks no HTTP/2": (
        changed("ssl http2;", "ssl;"),
        [warning(f"{NGINX} does not speak HTTP/2: {SIX}"), ok(WELL[1].replace("HTTP/2 is offered", "HTTP/1.1"))],
        "`listen 443 ssl http2;`",
    ),
    "hides https": (
        changed("proxy_set_header X-Forwarded-Proto $scheme;", ""),
        [
            fault(
                "The site takes what comes by https for http, in links and headers too: the proxy does not tell it "
                "otherwise.",
            )
        ],
        "`proxy_set_header X-Forwarded-Proto $scheme;`",
    ),
    "hides who asks": (
        changed("proxy_set_header X-Forwarded-For $remote_addr;", ""),
        [
            warning(
                "The proxy does not say who asks: everybody seems to come from 127.0.0.1, and a few wrong passwords "
                "lock out all.",
            ),
            WELL,
        ],
        "`proxy_set_header X-Forwarded-For $remote_addr;`",
    ),
    "hides the name": (
        changed("proxy_set_header Host $http_host;", ""),
        [fault(f"{NGINX}: the site is asked for by a name that it does not know (400).")],
        "`proxy_set_header Host $http_host;`",
    ),
    "gives another name": (
        changed("$http_host", "127.0.0.1"),
        [fault("The site is asked for as 127.0.0.1, and not as localhost: the links that it writes lead there.")],
        "`proxy_set_header Host $http_host;`",
    ),
    "leads elsewhere": (
        changed("client_max_body_size 4m;", "return 301 https://other.example$request_uri;"),
        [
            fault(
                f"{NGINX} sends people elsewhere (301 to https://other.example/messages/"
                "00000000-0000-0000-0000-000000000000/events/).",
            )
        ],
        "Set PUBLIC_URL",
    ),
    "has another site": (
        changed("client_max_body_size 4m;", "return 200 hello;"),
        [fault(f"Another site than this one answers at {NGINX}.")],
        "`server_name`",
    ),
    "refuses": (
        changed("proxy_buffering off;", "deny all;"),
        [fault(f"{NGINX} refuses the stream (403): an access rule, a firewall or a limit.")],
        "under /messages/",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_proxy_that(site: Serve, name: str):
    change, expected, remedy = FAULTS[name]
    with Nginx(site.port, tls=True, change=change) as nginx:
        status, told, remedies = look(site, **through(nginx))

    assert told == expected
    assert status == (2 if "fault" in dict(expected) else 1)
    assert remedy in remedies


def test_proxy_that_cuts_what_is_silent():
    with (
        Serve(port=free_port(), shrink=SILENT, TRUSTED_PROXIES="127.0.0.1", PUBLIC_URL="https://localhost") as site,
        Nginx(site.port, tls=True, change=changed("proxy_read_timeout 45s;", "proxy_read_timeout 1s;")) as nginx,
    ):
        status, told, remedy = look(site, **through(nginx))

    silent = f"{NGINX} cuts a stream that is silent for 1 s. Between two signs of life there may be 15 s."
    assert (status, told) == (2, [fault(silent)])
    assert "`proxy_read_timeout 45s;`" in remedy


def test_site_that_does_not_trust_its_proxy():
    with (
        Serve(port=free_port(), shrink=SHORT, PUBLIC_URL="https://localhost") as site,
        Nginx(site.port, tls=True) as nginx,
    ):
        status, told, remedy = look(site, **through(nginx))

    assert status == 2
    assert told == [
        fault(
            "The site does not believe the proxy who asks, and how: everybody seems to come from 127.0.0.1 by http, "
            "and a few wrong passwords lock out all.",
        )
    ]
    assert "Set TRUSTED_PROXIES to the address from which the proxy asks (127.0.0.1)" in remedy


@pytest.mark.parametrize(
    ("which", "who"),
    [("inner", "the proxy on this machine"), ("outer", "what stands between this machine and http://127.0.0.2")],
)
def test_of_two_proxies_the_one_that_buffers_is_named(site: Serve, which: str, who: str):
    # Without TLS nginx passes on what little it has; its compressor does not.
    changes = {which: changed("proxy_buffering off;", BUFFERS + ZIPS)}
    with (
        Nginx(site.port, change=changes.get("inner", str)) as inner,
        Nginx(inner.port, host="127.0.0.2", port=inner.port, change=changes.get("outer", str)) as outer,
    ):
        status, told, _ = look(site, PUBLIC_URL=outer.url)

    assert status == 2
    assert told == [
        (level, text.replace(NGINX, f"{who} (Server: nginx)").replace(" over HTTP/1.1", ""))
        for level, text in (HOLDS, ZIPPED)
    ] + [ONLY_HTTP]


def test_other_site_on_this_machine_is_not_in_the_way(site: Serve):
    with (
        Nginx(site.port, change=changed("client_max_body_size 4m;", "return 200 hello;")) as beside,
        Nginx(site.port, host="127.0.0.2", port=beside.port) as nginx,
    ):
        _, told, _ = look(site, PUBLIC_URL=nginx.url)

    assert told == [ONLY_HTTP, ok("through http://127.0.0.2: first event after …, no delay over …, HTTP/1.1")]


def test_process_that_does_not_run_is_told_alone(tmp_path: Path):
    site = Serve(data=tmp_path, port=free_port())
    with Nginx(site.port, tls=True) as nginx:
        status, told, remedy = look(site, **through(nginx))

    assert (status, told) == (2, [fault("Nothing listens at port of 127.0.0.1.")])
    assert "Start the site" in remedy


def test_proxy_that_does_not_reach_the_process_is_told_where_that_one_is_not_known(tmp_path: Path):
    site = Serve(data=tmp_path)
    with Nginx(free_port(), tls=True) as nginx:
        status, told, remedy = look(site, **through(nginx))

    assert status == 2
    assert told == [
        warning("PORT is 0: where the process itself listens is not known."),
        fault(f"{NGINX} does not reach the process (502)."),
    ]
    assert "`proxy_pass http://127.0.0.1:8000;`" in remedy


def test_process_that_is_looked_for_in_the_wrong_place_is_found_through_its_proxy(site: Serve):
    with Nginx(site.port, tls=True) as nginx:
        status, told, remedy = look(site, PORT=str(free_port()), **through(nginx))

    assert status == 1
    assert told == [
        warning("Nothing listens at port of 127.0.0.1. But the site is reached through PUBLIC_URL."),
        WELL,
    ]
    assert "HOST, PORT" in remedy


def test_process_that_hangs(site: Serve):
    site.pause()
    try:
        status, told, remedy = look(site, shrink={"conversations.doctor.asking.LONGEST": 1}, PUBLIC_URL="")
    finally:
        site.resume()

    assert (status, told) == (2, [fault("the process at 127.0.0.1 does not answer in time.")])
    assert "restart it" in remedy


def test_doctor_with_another_key_than_the_site(site: Serve):
    status, told, remedy = look(site, SECRET_KEY="k" * 60, PUBLIC_URL="")

    assert status == 2
    assert told == [
        fault(
            "the process at 127.0.0.1: a chatsite answers (401) that does not know this doctor: it is of another "
            "version, or has another SECRET_KEY.",
        )
    ]
    assert "Restart the site after an upgrade" in remedy


def test_nobody_listens_at_the_public_address(site: Serve):
    status, told, remedy = look(site, PUBLIC_URL=f"https://localhost:{free_port()}")

    assert (status, told) == (2, [fault("Nothing listens at port of localhost.")])
    assert "Start the proxy" in remedy


def test_public_name_that_nobody_knows(site: Serve):
    name = ".".join(["nobody" * 10] * 5)  # longer than names may be: the system asks no server for it
    status, told, remedy = look(site, PUBLIC_URL=f"http://{name}", ALLOWED_HOSTS=name)

    assert (status, told[-1]) == (2, fault(f"No address is known for the name {name}."))
    assert "DNS" in remedy


def test_proxy_without_tls_at_an_address_with_it(site: Serve):
    with Nginx(site.port) as nginx:
        status, told, remedy = look(site, PUBLIC_URL=f"https://localhost:{nginx.port}")

    assert (status, [level for level, _ in told]) == (2, ["fault"])
    assert "does not agree on TLS" in told[0][1]
    assert "`listen 443 ssl;`" in remedy


def test_open_probe_does_not_hold_up_the_end_of_its_process():
    with Serve(port=free_port(), SHUTDOWN_GRACE="20") as site:
        stream = Person(site.url).follow(probes.PATH, **{probes.HEADER: made_pass(site)})
        first = stream.next()

        begun = time.monotonic()
        status = site.terminate()
        took = time.monotonic() - begun
        stream.close()

        assert first is not None
        assert (first.event, status, "cut off" in site.log) == ("start", 0, False)
        assert took < 10  # of the 16 that the stream would last


def made_pass(site: Serve) -> str:
    return site.run("from conversations import probes; print(probes.make_pass())").strip()


def test_certificate_that_nobody_vouches_for(site: Serve):
    with Nginx(site.port, tls=True) as nginx:
        status, told, remedy = look(site, PUBLIC_URL=through(nginx)["PUBLIC_URL"])

    assert status == 2
    assert told == [fault("The certificate of https://localhost is not trusted: self-signed certificate.")]
    assert "fullchain.pem" in remedy


def test_certificate_of_another_name(site: Serve):
    with Nginx(site.port, tls=True, host="127.0.0.2") as nginx:
        status, told, remedy = look(site, **through(nginx))

    assert (status, told) == (2, [fault("The certificate of https://127.0.0.2 is for another name.")])
    assert "Get one for 127.0.0.2" in remedy


def test_certificate_that_has_expired(site: Serve):
    with Nginx(site.port, tls=True, days=-1) as nginx:
        status, told, remedy = look(site, **through(nginx))

    assert (status, told) == (2, [fault("The certificate of https://localhost has expired.")])
    assert "Renew it" in remedy


def test_certificate_that_ends_soon(site: Serve):
    with Nginx(site.port, tls=True, days=3) as nginx:
        status, told, _ = look(site, **through(nginx))

    assert (status, told) == (1, [warning("The certificate of https://localhost ends in 3 days."), WELL])
