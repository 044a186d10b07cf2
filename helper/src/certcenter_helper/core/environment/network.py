"""Checks of the way to the centre: proxy, TLS, reachability, version, clock."""

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.environment.rows import Check, Seen, failed, passed, unknown, warned
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.texts import marked as _
from certcenter_helper.core.texts import text
from certcenter_sdk import clock

_SUPPORTED: Final = frozenset({"1"})
_SECONDS: Final = 5.0
_SOON: Final = timedelta(days=14)
_LONG: Final = 120.0


def _environment(desk: Desk) -> tuple[dict[str, Any], float]:
    """The centre's answer, and the middle of the exchange by the clock here."""
    from certcenter_sdk.client import calls

    line = desk.open_line(patient=False)
    try:
        before = clock.now().timestamp()
        values = dict(line.send(calls.environment()).values)
        return values, (before + clock.now().timestamp()) / 2
    finally:
        line.close()


def look_proxy(desk: Desk) -> Seen:
    """Which proxy the system names for the centre, and whether it lets us through."""
    parts = urlsplit(desk.known.house.url)
    host = parts.hostname or ""
    proxy = "" if proxy_bypass(host) else getproxies().get(parts.scheme, "")
    if not proxy:
        return passed(text("none: the centre is reached directly"))
    shown = _without_secret(proxy)
    try:
        _environment(desk)
    except HelperError as error:
        return failed(
            f"{shown}: {error.title}",
            text("Ask whoever runs the proxy to let this address pass: {host}").format(host=host),
        )
    return passed(shown)


def _without_secret(proxy: str) -> str:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}".rstrip(":")


def look_tls(desk: Desk) -> Seen:
    """A real handshake: version, chain, name, days left."""
    parts = urlsplit(desk.known.house.url)
    if parts.scheme != "https":
        return passed(text("not needed: the centre runs on this very computer"))
    host = parts.hostname or ""
    try:
        with (
            socket.create_connection((host, parts.port or 443), _SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            version, certificate = secure.version() or "", secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return failed(
            error.verify_message,
            text(
                "Somebody else may answer in the centre's place. Do not log in; check clock and network first."
            ),
        )
    except OSError as error:
        return unknown(str(error), text("Check the network and try again."))
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    words = f"{version}, {ends:%Y-%m-%d}"
    if ends - clock.now() < _SOON:
        return warned(words, text("The centre's own TLS certificate ends soon; tell customer service."))
    return passed(words)


def look_reachable(desk: Desk) -> Seen:
    """One real call."""
    try:
        began = time.monotonic()
        _environment(desk)
    except HelperError as error:
        return failed(error.title, error.advice)
    took = round((time.monotonic() - began) * 1000)
    return passed(f"{desk.known.house.url} ({took} ms)")


def look_version(desk: Desk) -> Seen:
    """The centre's interface is one that this program knows."""
    try:
        values, _moment = _environment(desk)
    except HelperError as error:
        return unknown(error.title, error.advice)
    words = text("centre {centre}, interface {api}").format(
        centre=values.get("centre"), api=values.get("api")
    )
    if str(values.get("api")) not in _SUPPORTED:
        return failed(words, text("Install the newest version of the helper."))
    return passed(words)


def look_clock(desk: Desk) -> Seen:
    """A clock that is off makes a new certificate look not valid yet."""
    try:
        values, middle = _environment(desk)
        there = datetime.fromisoformat(str(values["time"])).timestamp()
    except HelperError as error:
        return unknown(error.title, error.advice)
    except (KeyError, ValueError):
        return unknown(text("the centre did not say what time it is"))
    allowed = desk.policy.clock_skew_seconds
    off = middle - there
    words = _off_in_words(off)
    wanted = text("at most {seconds} s off").format(seconds=allowed)
    if abs(off) > allowed:
        return failed(
            words,
            text("Let the computer set its clock by the network, and mind the time zone."),
            recommended=wanted,
        )
    return passed(words, recommended=wanted)


def _off_in_words(seconds: float) -> str:
    if abs(seconds) < _LONG:
        return text("{seconds:+.1f} s from the centre's").format(seconds=round(seconds, 1) + 0.0)
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    if seconds > 0:
        return text("{hours} h {minutes} min ahead of the centre's").format(hours=hours, minutes=minutes)
    return text("{hours} h {minutes} min behind the centre's").format(hours=hours, minutes=minutes)


NETWORK: Final = (
    Check(
        key="proxy",
        item=_("Proxy"),
        purpose=_("Nothing stands between you and the centre"),
        recommended=_("none, or one that lets the centre through"),
        look=look_proxy,
    ),
    Check(
        key="tls",
        item=_("Encrypted connection (TLS)"),
        purpose=_("It is the centre that answers"),
        recommended=_("TLS 1.2 or newer, with a trusted certificate"),
        look=look_tls,
    ),
    Check(
        key="reachable",
        item=_("Certificate centre"),
        purpose=_("Applying, renewing and signing work"),
        recommended=_("can be reached"),
        look=look_reachable,
    ),
    Check(
        key="version",
        item=_("Version of the centre"),
        purpose=_("Helper and centre understand one another"),
        recommended=_("interface 1"),
        look=look_version,
    ),
    Check(
        key="clock",
        item=_("Clock"),
        purpose=_("A new certificate is valid at once"),
        recommended=_("as the centre's"),
        look=look_clock,
    ),
)
