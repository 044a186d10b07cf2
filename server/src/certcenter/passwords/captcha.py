"""Captchas at login: a proof of work (altcha, hosted by ourselves) or a picture with letters that can also be heard.

Challenges are not stored: they carry what is needed, signed or sealed, with institution and expiry. What is stored is
that one was answered, so that the same answer can't serve twice (altcha's own check accepts a replay).
"""

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any, Final, Protocol

import altcha
from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha
from django.conf import settings
from django.db import transaction

from certcenter.core import clock, sealing, taiwan
from certcenter.core.sealing import Unsealable, Use
from certcenter.institutions.vocabulary import Captcha
from certcenter.passwords.errors import CaptchaRefused
from certcenter.passwords.hashing import Slots
from certcenter.passwords.models import SpentChallenge

LIFETIME = timedelta(minutes=10)
#: How many passes each try costs is the operator's (`captcha_cost`); one in 256 tries succeeds.
WORK_ALGORITHM: Final = "PBKDF2/SHA-256"
#: Nothing that looks or sounds like something else: no 0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V, M N.
LETTERS: Final = "ACEFHJKPRTWXY34679"
_LENGTH = 5
_MAX_ANSWER = 8192
_IMAGE = "image:"
_SPEAKING: Final = Slots(1, waiting=3, seconds=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the page needs: `work` is altcha's JSON; a picture comes with the `token` that its answer carries back.

    The answer to a picture is `image:<token>:<letters>`, to altcha the widget's own payload.
    """

    kind: Captcha
    expires_at: datetime
    work: dict[str, Any] | None = None
    token: str = ""
    png: bytes = b""


class AsksForCaptcha(Protocol):
    """The row of policy that says which kind."""

    @property
    def captcha(self) -> Captcha:
        """The kind."""


class Door(Protocol):
    """Where a captcha stands: an institution, or the staff's site. An answer serves at its own door alone."""

    @property
    def slug(self) -> str:
        """Its name."""

    @property
    def login(self) -> AsksForCaptcha:
        """What it asks for."""


def new_challenge(institution: Door, *, asked: Captcha | None = None) -> Challenge:
    """Return a fresh challenge of the kind that is asked here: `asked`, or what the institution asks of everybody."""
    expires_at = clock.now() + LIFETIME
    kind = asked or institution.login.captcha
    if kind is Captcha.IMAGE:
        letters = "".join(secrets.choice(LETTERS) for _ in range(_LENGTH))
        token = _sealed(institution, letters, expires_at)
        return Challenge(kind=kind, expires_at=expires_at, token=token, png=_picture(letters))
    if kind is Captcha.WORK:
        challenge = altcha.create_challenge(
            WORK_ALGORITHM,
            settings.CONFIG.captcha_cost,
            hmac_secret=_work_key(),
            expires_at=int(expires_at.timestamp()),
            data={"institution": institution.slug},
        )
        return Challenge(kind=kind, expires_at=expires_at, work=challenge.to_dict())
    return Challenge(kind=kind, expires_at=expires_at)


def sound(institution: Door, token: str) -> bytes:
    """Return the letters of a picture as spoken (WAV), for who can't see it; half a second of a processor's work.

    Anybody may ask, so one at a time is spoken, few wait, and whoever comes beyond is told. Raises CaptchaRefused, Busy.
    """
    letters, _expires_at = _opened(institution, token)
    with _SPEAKING.one():
        return bytes(_speaker().generate(letters))


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that was right and is used up."""

    digest: str = ""

    def give_back(self) -> None:
        """Let the answer serve once more: what it was given for did not take place."""
        SpentChallenge.objects.filter(digest=self.digest).delete()


def check(institution: Door, answer: str, *, asked: Captcha | None = None) -> Taken:
    """Take an answer to what was asked, once, right or wrong. Raises CaptchaRefused."""
    kind = asked or institution.login.captcha
    if kind is Captcha.NONE:
        return Taken()
    if len(answer) > _MAX_ANSWER:
        raise CaptchaRefused
    return _check_picture(institution, answer) if kind is Captcha.IMAGE else _check_work(institution, answer)


def _check_picture(institution: Door, answer: str) -> Taken:
    head, _colon, rest = answer.partition(":")
    token, _colon, typed = rest.rpartition(":")
    if f"{head}:" != _IMAGE:
        raise CaptchaRefused
    letters, expires_at = _opened(institution, token)
    taken = _spend(token, expires_at)
    if not sealing.same(letters, taiwan.narrow(typed).upper()):
        raise CaptchaRefused
    return taken


def _check_work(institution: Door, answer: str) -> Taken:
    try:
        payload = altcha.Payload.from_dict(json.loads(base64.b64decode(answer, validate=True)))
        signature, parameters = payload.challenge.signature, payload.challenge.parameters
        result = altcha.verify_solution(payload, hmac_secret=_work_key())
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        raise CaptchaRefused from None
    ours = (
        result.verified
        and isinstance(signature, str)
        and parameters.data == {"institution": institution.slug}
        and isinstance(parameters.expires_at, int)
        and parameters.expires_at > clock.now().timestamp()
    )
    if not ours:
        raise CaptchaRefused
    expires_at = datetime.fromtimestamp(int(parameters.expires_at or 0), tz=clock.now().tzinfo)
    return _spend(str(signature), expires_at)


def _spend(challenge: str, expires_at: datetime) -> Taken:
    """Remember that the challenge was answered; the unique index lets one of many at once through."""
    now = clock.now()
    digest = hashlib.sha256(challenge.encode()).hexdigest()
    with transaction.atomic():
        SpentChallenge.objects.filter(expires_at__lt=now).delete()
        _row, new = SpentChallenge.objects.get_or_create(digest=digest, defaults={"expires_at": expires_at})
    if not new:
        raise CaptchaRefused
    return Taken(digest)


def _sealed(institution: Door, letters: str, expires_at: datetime) -> str:
    value = json.dumps({"letters": letters, "expires_at": expires_at.isoformat()}).encode()
    return sealing.seal(Use.CAPTCHA, value, owner=institution.slug)


def _opened(institution: Door, token: str) -> tuple[str, datetime]:
    try:
        value = json.loads(sealing.unseal(Use.CAPTCHA, token, owner=institution.slug))
    except Unsealable:
        raise CaptchaRefused from None
    expires_at = datetime.fromisoformat(value["expires_at"])
    if expires_at <= clock.now():
        raise CaptchaRefused
    return str(value["letters"]), expires_at


def _work_key() -> str:
    return sealing.key(Use.CAPTCHA).hex()


def _picture(letters: str) -> bytes:
    stream: BytesIO = ImageCaptcha(width=200, height=80).generate(letters)
    return stream.getvalue()


@lru_cache(maxsize=1)
def _speaker() -> AudioCaptcha:
    return AudioCaptcha()
