"""The customer's own data, masked (SPEC E4, F4)."""

from uuid import UUID

from ninja import Router

from certcenter.api.doors import CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.values import Output
from certcenter.core.masks import mask_identity, mask_name
from certcenter.identity import queries
from certcenter.identity.models import Channel, CustomerKind, IdKind, Line

router = Router(tags=["people"])


class ContactOut(Output):
    """Where messages can reach the customer."""

    id: UUID
    channel: Channel
    masked: str


class AccountOut(Output):
    """A trading account."""

    id: UUID
    line: Line
    masked: str
    """For screens that a bystander may read."""
    number: str
    """In full, as an order names it."""
    branch: str
    """The name of the branch that opened it; its code where policy has no name."""


class MeOut(Output):
    """Who is logged in."""

    name: str
    """Masked."""
    identity: str
    """Masked."""
    kind: CustomerKind
    id_kind: IdKind
    language: str
    contacts: tuple[ContactOut, ...]
    accounts: tuple[AccountOut, ...]


@router.get("/me", **operation(200, MeOut))
def me(request: CallerRequest) -> MeOut:
    """Who is logged in, with contacts and accounts to choose from."""
    customer, house, language = request.auth.customer, request.auth.institution, request.auth.language
    return MeOut(
        name=mask_name(customer.name),
        identity=mask_identity(customer.national_id),
        kind=CustomerKind(customer.kind),
        id_kind=IdKind(customer.id_kind),
        language=customer.locale,
        contacts=tuple(
            ContactOut(id=each.id, channel=each.channel, masked=each.masked)
            for each in queries.contacts(customer)
        ),
        accounts=tuple(
            AccountOut(
                id=each.id,
                line=each.line,
                masked=each.masked,
                number=each.display,
                branch=house.branch_name(each.branch).get(language),
            )
            for each in queries.accounts(customer)
        ),
    )
