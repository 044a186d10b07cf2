"""Registered programs: their own credential stands in for the captcha, never for the customer's password."""

import secrets

from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, sealing
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import Prepared, place
from certcenter.core.errors import NotFound
from certcenter.core.events import Event
from certcenter.core.sealing import Use
from certcenter.institutions.policy import Institution
from certcenter.passwords import login, sources, users
from certcenter.passwords.admission import admitted
from certcenter.passwords.errors import ClientRefused
from certcenter.passwords.models import Client

_MOST = 200


def register(institution: Institution, *, name: str, actor: Actor) -> tuple[str, str]:
    """Register a program; returns its id and its secret, which is shown this once."""
    client_id, secret = f"{institution.slug}-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    with transaction.atomic():
        client = Client.objects.create(
            client_id=client_id,
            institution=institution.slug,
            name=name,
            secret_mac=_mac(client_id, secret),
            created_at=clock.now(),
        )
        record(Event.CLIENT_REGISTERED, actor=actor, subject=f"client:{client.pk}", name=name)
    return client_id, secret


def disable(institution: Institution, *, client_id: str, actor: Actor) -> None:
    """Let a program log nobody in any more. Raises NotFound."""
    with transaction.atomic():
        mine = Client.objects.filter(institution=institution.slug, client_id=client_id)
        if not mine.filter(disabled_at__isnull=True).update(disabled_at=clock.now()):
            raise NotFound
        record(Event.CLIENT_DISABLED, actor=actor, subject=f"client:{mine.get().pk}")


@admitted
def sign_in(
    institution: Institution,
    *,
    client_id: str,
    client_secret: str,
    identity: str,
    password: str,
    device_token: str | None,
    actor: Actor,
    user_code: str | None = None,
) -> login.SignedIn:
    """Log a customer in through a registered program: the same counters, gate and answers as `login.sign_in`.

    Raises admission.Crowded, ClientRefused, Invalid, LoginTooOften, LoginRefused, Busy.
    """
    sources.arrive(actor.source)
    number, code = login.normalised(identity, password, institution=institution), ""
    if users.has_users(institution):
        number, code = users.normalised(identity, user_code or "", password)
    require(institution, client_id=client_id, client_secret=client_secret, actor=actor)
    if code:
        return users.authenticate(
            institution, number=number, code=code, password=password, device_token=device_token, actor=actor
        )
    return login.authenticate(
        institution, number=number, password=password, device_token=device_token, actor=actor
    )


def require(institution: Institution, *, client_id: str, client_secret: str, actor: Actor) -> None:
    """Raise ClientRefused, and write it into the history, unless this is a registered program's credential."""
    if institution.api.client_credentials and _known(institution, client_id, client_secret):
        return
    record_refusal(
        Event.CLIENT_REFUSED, actor=actor, subject=f"client:{client_id[:64]}", reason="client-refused"
    )
    raise ClientRefused


def _known(institution: Institution, client_id: str, client_secret: str) -> bool:
    if len(client_id) > _MOST or len(client_secret) > _MOST:
        return False
    client = _REGISTERED.first(institution=institution.slug, client_id=client_id)
    return sealing.same(client.secret_mac if client else "", _mac(client_id, client_secret))


_REGISTERED = Prepared(
    lambda: Client.objects.filter(
        institution=place("institution"), client_id=place("client_id"), disabled_at__isnull=True
    )
)


def _mac(client_id: str, secret: str) -> str:
    return sealing.mac(Use.CLIENT_SECRET, client_id, secret)
