"""Captchas: a proof of work or a picture, for one institution, once (SPEC B1; issue 2 point 3)."""

import base64
import json
import wave
from datetime import timedelta
from io import BytesIO

import altcha
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core import clock, sealing
from certcenter.core.errors import Busy
from certcenter.core.sealing import Unsealable, Use
from certcenter.institutions import serving
from certcenter.passwords import captcha, login
from certcenter.passwords.captcha import LETTERS, check, new_challenge
from certcenter.passwords.errors import CaptchaRefused
from certcenter.passwords.hashing import Slots
from certcenter.passwords.models import SpentChallenge
from certcenter.settings.model import Config

pytestmark = pytest.mark.spec("B1")
_OTHER_ALPHABET = str.maketrans("-_", "+/")
WORK, IMAGE, NONE = "sample", "model-bank", "demo"


def solved(work):
    challenge = altcha.Challenge.from_dict(work)
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def work(institution=WORK):
    return new_challenge(serving.get(institution)).work


def picture():
    challenge = new_challenge(serving.get(IMAGE))
    letters, _expires_at = captcha._opened(serving.get(IMAGE), challenge.token)
    return challenge, letters


def refused(institution, answer):
    with pytest.raises(CaptchaRefused):
        check(serving.get(institution), answer)


def test_work_is_taken_once(sqlite_engine):
    answer = solved(work())
    check(serving.get(WORK), answer)
    refused(WORK, answer)
    respelt = json.loads(base64.b64decode(answer))
    refused(WORK, base64.b64encode(json.dumps({**respelt, "took": 1}, indent=1).encode()).decode())


def test_the_work_costs_what_the_operator_says_by_default_five_thousand_passes(sqlite_engine, settings):
    default = Config.model_fields["captcha_cost"].default
    settings.CONFIG = settings.CONFIG.model_copy(update={"captcha_cost": default})
    asked = work()
    assert asked["parameters"]["cost"] == default == 5000
    check(serving.get(WORK), solved(asked))


def test_work_for_another_institution_or_of_our_own_making_is_refused(sqlite_engine):
    challenge = altcha.create_challenge(
        "PBKDF2/SHA-256", 10, hmac_secret=captcha._work_key(), data={"institution": "other"},
        expires_at=int((clock.now() + timedelta(minutes=5)).timestamp()),
    )  # fmt: skip
    refused(WORK, solved(challenge.to_dict()))
    forged = altcha.create_challenge("SHA-256", 1, hmac_secret="mine", data={"institution": WORK})
    refused(WORK, solved(forged.to_dict()))
    unsolved = altcha.Payload(
        altcha.Challenge.from_dict(work()), altcha.Solution(counter=0, derived_key="00" * 32)
    )
    refused(WORK, unsolved.to_base64())
    assert not SpentChallenge.objects.exists()


def test_work_ends(sqlite_engine):
    answer = solved(work())
    with clock.at(clock.now() + captcha.LIFETIME):
        refused(WORK, answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=st.text(max_size=80) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["challenge", "solution", "parameters", "signature", "counter"]), inner, max_size=3),
).map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()))  # fmt: skip
def test_rubbish_is_refused_not_an_error(sqlite_engine, answer):
    refused(WORK, answer)
    refused(IMAGE, answer)
    refused(IMAGE, f"image:{answer}:ABCDE")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in ("challenge", "solution") for value in (None, [], "x", 3)),
        ("challenge", {"parameters": None}),
        ("challenge", {"signature": None}),
        ("challenge", {"signature": 3}),
        ("solution", {"counter": 2**70}),
        ("solution", {"counter": -1}),
        ("solution", {"counter": "x"}),
        ("solution", {"derivedKey": None}),
    ],
)
def test_work_of_a_wrong_shape_is_refused(sqlite_engine, field, value):
    payload = json.loads(base64.b64decode(solved(work())))
    payload[field] = {**payload[field], **value} if isinstance(value, dict) else value
    refused(WORK, base64.b64encode(json.dumps(payload).encode()).decode())


def test_too_long_an_answer_is_not_read(sqlite_engine):
    refused(WORK, "A" * 10_000_000)


def test_a_picture_is_taken_once_in_any_case_and_width(sqlite_engine):
    challenge, letters = picture()
    assert challenge.png.startswith(b"\x89PNG")
    assert set(letters) <= set(LETTERS)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in letters.lower())
    check(serving.get(IMAGE), f"image:{challenge.token}:{wide}")
    refused(IMAGE, f"image:{challenge.token}:{letters}")


def test_a_picture_token_has_one_spelling(sqlite_engine):
    """Base64 has several for the same bytes (RFC 4648 §3.5, §5): each would be a challenge not answered yet."""
    challenge, letters = picture()
    token = challenge.token
    while token.translate(_OTHER_ALPHABET) == token:
        challenge, letters = picture()
        token = challenge.token
    refused(IMAGE, f"image:{token.translate(_OTHER_ALPHABET)}:{letters}")
    refused(IMAGE, f"image:{token}=:{letters}")
    check(serving.get(IMAGE), f"image:{token}:{letters}")


@given(spoilt=st.integers(1, 15))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_unused_bits_of_a_token_are_zero(sqlite_engine, spoilt):
    sealed = sealing.seal(Use.CAPTCHA, b"x" * (1 + spoilt % 3), owner=IMAGE)
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = digits[digits.index(sealed[-1]) ^ spoilt]
    with pytest.raises(Unsealable):
        sealing.unseal(Use.CAPTCHA, sealed[:-1] + last, owner=IMAGE)


def test_a_picture_allows_one_guess(sqlite_engine):
    challenge, letters = picture()
    refused(IMAGE, f"image:{challenge.token}:{'A' * 5 if letters != 'A' * 5 else 'C' * 5}")
    refused(IMAGE, f"image:{challenge.token}:{letters}")


def test_a_picture_ends_and_tells_nothing(sqlite_engine):
    challenge, letters = picture()
    assert letters not in challenge.token
    assert base64.urlsafe_b64decode(challenge.token + "==").find(letters.encode()) == -1
    with clock.at(clock.now() + captcha.LIFETIME):
        refused(IMAGE, f"image:{challenge.token}:{letters}")
    refused(WORK, f"image:{challenge.token}:{letters}")


def test_a_picture_can_be_heard(sqlite_engine):
    challenge, _letters = picture()
    with wave.open(BytesIO(captcha.sound(serving.get(IMAGE), challenge.token))) as sound:
        assert sound.getnframes() / sound.getframerate() > 1
    with pytest.raises(CaptchaRefused):
        captcha.sound(serving.get(IMAGE), "x")


def test_one_sound_is_spoken_at_a_time_and_few_wait(sqlite_engine, monkeypatch):
    """Each is half a second of a processor's work, and anybody may ask."""
    token, speaking = new_challenge(serving.get(IMAGE)).token, Slots(1, waiting=0, seconds=60)
    monkeypatch.setattr(captcha, "_SPEAKING", speaking)
    with speaking.one(), pytest.raises(Busy):
        captcha.sound(serving.get(IMAGE), token)
    assert captcha.sound(serving.get(IMAGE), token).startswith(b"RIFF")


def test_where_the_policy_asks_for_none_none_is_asked(sqlite_engine):
    assert new_challenge(serving.get(NONE)).work is None
    check(serving.get(NONE), "")


def test_of_eight_parallel_uses_of_an_answer_one_counts(engine):
    answer = solved(work())
    results = in_threads(lambda _number: check(serving.get(WORK), answer), 8)
    assert sum(isinstance(result, captcha.Taken) for result in results) == 1
    assert all(isinstance(result, captcha.Taken | CaptchaRefused) for result in results), results


def test_old_answers_are_forgotten(sqlite_engine):
    check(serving.get(WORK), solved(work()))
    with clock.at(clock.now() + captcha.LIFETIME + timedelta(seconds=1)):
        challenge = new_challenge(serving.get(WORK))
        check(serving.get(WORK), solved(challenge.work))
    assert SpentChallenge.objects.count() == 1


def test_login_asks_for_it_before_anything_else(sqlite_engine):
    customer = people.with_password()
    arguments = {
        "identity": "A123456789",
        "password": "Wrong123",
        "device_token": None,
        "actor": people.anonymous(),
    }
    with pytest.raises(CaptchaRefused):
        login.sign_in(serving.get(WORK), captcha="", **arguments)
    assert login.gate(customer).state().failed == 0
    assert AuditEvent.objects.filter(event="login:password:refused").count() == 1
    signed_in = login.sign_in(
        serving.get(WORK), captcha=solved(work()), **{**arguments, "password": people.PASSWORD}
    )
    assert signed_in.customer == customer
