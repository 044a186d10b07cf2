"""What takes several calls: written once as generators, run by both clients (`Client.run`)."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography import x509

from certcenter_sdk import cms
from certcenter_sdk.client import altcha, calls
from certcenter_sdk.client.altcha import ChallengeUnsolved
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Call, Session
from certcenter_sdk.errors import StructureRefused
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.orders import Order

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """Something that keeps a processor busy; the asynchronous client does it in a thread."""

    do: Callable[[], Any]


Flow = Generator[Call[Any] | Work, Any, T]


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order that the centre accepted: what was signed, the signature, and the centre's receipt."""

    order: Order
    signature: bytes
    receipt: Answer


def sign_in(
    identity: str,
    password: str,
    *,
    user_code: str = "",
    picture: Callable[[bytes], str] | None = None,
) -> Flow[Session]:
    """Log a customer in as the page does: the captcha of the institution's policy, then ID and password.

    `user_code` is who acts for a company, where policy has users; `picture` shows a PNG to a person and returns the letters that it shows, where policy asks for an image.

    Raises:
        ChallengeUnsolved: a picture and nobody to look at it; a proof of work that is not to be done in time.
    """
    challenge: Answer = yield calls.captcha()
    proof: str = yield Work(lambda: _captcha_answer(challenge, picture))
    body = {"identity": identity, "password": password, "captcha": proof}
    session: Session = yield calls.open_session(body | ({"user_code": user_code} if user_code else {}))
    return session


def _captcha_answer(challenge: Answer, picture: Callable[[bytes], str] | None) -> str:
    kind = challenge.text("kind")
    if kind == "work":
        return altcha.solve(challenge.values.get("work") or {})
    if kind == "image" and picture is not None:
        return f"image:{challenge.text('token')}:{picture(challenge.octets('image'))}"
    if kind == "none":
        return ""
    raise ChallengeUnsolved(f"a captcha of the kind {kind!r}")


def sign_in_as_client(client_id: str, client_secret: str, identity: str, password: str) -> Flow[Session]:
    """Log a customer in; a registered program's credential stands for the captcha."""
    body = {
        "client_id": client_id,
        "client_secret": client_secret,
        "identity": identity,
        "password": password,
    }
    session: Session = yield calls.open_session(body)
    return session


def place_order(
    fields: Mapping[str, str], key: PrivateKey, certificate: x509.Certificate
) -> Flow[SignedOrder]:
    """`place_order_with` a key that the caller holds.

    Raises:
        As `place_order_with`.
    """
    placed: SignedOrder = yield from place_order_with(
        fields, lambda order: cms.sign_detached(order.canonical(), key, certificate)
    )
    return placed


def place_order_with(fields: Mapping[str, str], sign: Callable[[Order], bytes]) -> Flow[SignedOrder]:
    """Draft, compare, sign, hand in.

    `fields` are account, side, symbol, quantity, price and currency; `sign` is `store.Session.sign`, or whatever else
    signs an order. Nothing is signed that the caller did not ask for, whatever the server drafts.

    Raises:
        StructureRefused: `altered` with the field that the draft changed; or the draft is not an order.
        SignatureRefused: the key can't sign under this certificate.
    """
    order: Order = yield calls.draft_order(fields)
    for name, asked in fields.items():
        if getattr(order, name, None) != asked:
            raise StructureRefused("altered", f"the centre drafted another {name} than was asked for", name)
    signature: bytes = yield Work(lambda: sign(order))
    receipt: Answer = yield calls.submit_order(order, signature)
    return SignedOrder(order, signature, receipt)
