"""Where no stream comes at all: why, and what would mend it."""

import http.client
import socket
import ssl

from django.conf import settings

from conversations.doctor.asking import Heard, Place
from conversations.doctor.finding import Finding, fault, warning

EXPIRED = 10  # of OpenSSL's x509_vfy.h
OTHER_NAME = (62, 64)  # the same: of a host, of an IP address
REDIRECTS = (301, 302, 303, 307, 308)
OURS = "x-chatsite"  # the header of the site's own replies

START = "Start the site, or run the doctor with the environment that the site has (HOST, PORT)."
TOO_MANY = "Several doctors look at the same moment. Run this one again in half a minute."
NO_CERTIFICATE = ("TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_UNRECOGNIZED_NAME")  # what Caddy and nginx say then
HOST_HEADER = "Let the proxy pass the name on (nginx: `proxy_set_header Host $http_host;`)"


def elsewhere(place: Place, heard: Heard) -> Finding:
    """The process does not answer where it should, but the site is reached all the same."""
    return warning(f"{missing(place, heard).text} But the site is reached through PUBLIC_URL.", START)


def missing(place: Place, heard: Heard) -> Finding:
    """Why there is no stream at the first place on the way that has none."""
    if heard.status:
        return refused(place, heard)
    if isinstance(heard.error, ssl.SSLError):
        return untrusted(place, heard.error)
    return unreached(place, heard.error)


def named(place: Place, heard: Heard) -> str:
    """The place, with what it calls itself."""
    told = [f"{name}: {heard.headers[name.lower()]}" for name in ("Server", "Via") if name.lower() in heard.headers]
    return f"{place.who} ({', '.join(told)})" if told else place.who


def unreached(place: Place, error: Exception | None) -> Finding:
    name, port = place.address
    if isinstance(error, (socket.gaierror, UnicodeError)):
        remedy = (
            "Set HOST to an address of this machine." if place.is_process else "Correct PUBLIC_URL or the DNS record."
        )
        return fault(f"No address is known for the name {name}.", remedy)
    if isinstance(error, ConnectionRefusedError):
        remedy = START if place.is_process else "Start the proxy, open its port, or correct PUBLIC_URL."
        return fault(f"Nothing listens at port {port} of {name}.", remedy)
    if isinstance(error, TimeoutError):
        return fault(f"{place.who} does not answer in time.", slow_remedy(place))
    if isinstance(error, (http.client.HTTPException, ConnectionError)):
        return fault(
            f"{place.who} hangs up, or answers in no HTTP ({type(error).__name__}).",
            f"Look which program has port {port} of {name}, and whether it speaks TLS there: its log says more.",
        )
    return fault(f"{place.who} cannot be reached: {error}.", "Look at the network between it and this machine.")


def slow_remedy(place: Place) -> str:
    if place.is_process:
        return "The process hangs, or is paused: look at its log, and restart it."
    return (
        "Look whether a firewall drops what comes. Where others do reach it, the router does not lead this machine "
        "back to itself: run the doctor from outside, or give the name an address inside (/etc/hosts)."
    )


def untrusted(place: Place, error: ssl.SSLError) -> Finding:
    if error.reason in NO_CERTIFICATE:
        return fault(
            f"{place.who} has no certificate for {place.server_name}.",
            "Look at the proxy's log (journalctl -u caddy): does the name lead to this machine, and is port 80 open?",
        )
    if not isinstance(error, ssl.SSLCertVerificationError):
        return fault(
            f"{place.who} does not agree on TLS ({error.reason or error}).",
            "Let the proxy speak TLS at this port (nginx: `listen 443 ssl;`), or let PUBLIC_URL begin with http.",
        )
    if error.verify_code == EXPIRED:
        return fault(
            f"The certificate of {place.who} has expired.", "Renew it, and let the proxy read it (`nginx -s reload`)."
        )
    if error.verify_code in OTHER_NAME:
        return fault(
            f"The certificate of {place.who} is for another name.",
            f"Get one for {place.server_name}, or set PUBLIC_URL to the name that the certificate has.",
        )
    return fault(
        f"The certificate of {place.who} is not trusted: {error.verify_message}.",
        "Give the proxy the whole chain (fullchain.pem) of an authority that browsers know. For one of your own, set "
        "SSL_CERT_FILE to its certificate when you run the doctor.",
    )


def refused(place: Place, heard: Heard) -> Finding:
    """There is a reply, but no stream in it."""
    who, status = named(place, heard), heard.status
    if status == 200:
        return without_events(place, heard)
    if status in REDIRECTS:
        to = heard.headers.get("location", "")
        remedy = "Set PUBLIC_URL to the address at which the site is in the end, or take the redirection away."
        return fault(f"{who} sends people elsewhere ({status} to {to}).", remedy)
    if OURS in heard.headers:
        return refused_by_site(place, heard)
    if status in (502, 503, 504):
        remedy = "Let it ask the process at its HOST and PORT by http (nginx: `proxy_pass http://127.0.0.1:8000;`)."
        return fault(f"{who} does not reach the process ({status}).", remedy)
    if status in (401, 403, 429):
        remedy = "Let it ask nobody for a password or a proof under /messages/: the site does so itself."
        return fault(f"{who} refuses the stream ({status}): an access rule, a firewall or a limit.", remedy)
    return fault(f"Another site than this one answers ({status}) at {who}.", another_remedy(place))


def refused_by_site(place: Place, heard: Heard) -> Finding:
    who, status = named(place, heard), heard.status
    if status == 400:
        remedy = f"Start the site with PUBLIC_URL={settings.PUBLIC_URL} too." if place.is_process else f"{HOST_HEADER}."
        return fault(f"{who}: the site is asked for by a name that it does not know (400).", remedy)
    if status in (401, 404):
        return fault(
            f"{who}: a chatsite answers ({status}) that does not know this doctor: it is of another version, or has "
            "another SECRET_KEY.",
            "Restart the site after an upgrade, and give the doctor the site's own SECRET_KEY or DATA_DIR.",
        )
    if status == 429:
        return fault(f"{who}: too many probes are open (429).", TOO_MANY)
    return fault(f"{who}: the site answers with an error ({status}).", "Look at the site's log.")


def without_events(place: Place, heard: Heard) -> Finding:
    encoding = heard.headers.get("content-encoding", "")
    if not heard.headers.get("content-type", "").startswith("text/event-stream"):
        return fault(f"Another site than this one answers at {named(place, heard)}.", another_remedy(place))
    if encoding not in ("", "identity", "gzip"):
        return fault(
            f"{named(place, heard)} compresses streams ({encoding}): what comes of them cannot be told.",
            "Let it compress no text/event-stream.",
        )
    return fault(
        f"{named(place, heard)} passes nothing of a stream on within {heard.took:.0f} s.",
        "Turn its buffering of replies off (nginx: `proxy_buffering off;`, see deploy/nginx/chatsite.conf).",
    )


def another_remedy(place: Place) -> str:
    if place.is_process:
        return "Stop the program that has this PORT, or give the site another one."
    return "Correct PUBLIC_URL, or the proxy's rule for this name (nginx: `server_name`), or its way to the process."
