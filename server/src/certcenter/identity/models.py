"""Customers, their accounts and contacts, staff, and the sessions that bind a person to an institution."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certcenter.notifications.messages import Address


class CustomerKind(models.TextChoices):
    """A natural person, or a company that acts through its people."""

    PERSON = "person", _("person")
    COMPANY = "company", _("company")


class IdKind(models.TextChoices):
    """Which of the three numbers identifies a customer (SPEC F1, F2)."""

    NATIONAL_ID = "national-id", _("national ID")
    ARC = "arc", _("ARC number")
    BUSINESS_ID = "business-id", _("business ID")


class Line(models.TextChoices):
    """The business lines that open trading accounts (SPEC, Terms)."""

    SECURITIES = "securities", _("securities")
    FUTURES = "futures", _("futures")
    SUB_BROKERAGE = "sub-brokerage", _("sub-brokerage")
    WEALTH = "wealth", _("wealth management")
    STOCK_AGENCY = "stock-agency", _("stock agency")


class Channel(models.TextChoices):
    """How a message reaches a customer."""

    SMS = "sms", _("mobile phone")
    EMAIL = "email", _("e-mail")


class Role(models.TextChoices):
    """What a member of staff may do (SPEC D5)."""

    CUSTOMER_SERVICE = "customer-service", _("customer service")
    REGISTRATION_OFFICER = "registration-officer", _("registration officer")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class UserRole(models.TextChoices):
    """What a user of a company may do there (SPEC B10): prepare, release, look after the other users."""

    MAKER = "maker", _("maker")
    CHECKER = "checker", _("checker")
    ADMINISTRATOR = "administrator", _("administrator")


class ApprovalKind(models.TextChoices):
    """What needs four eyes (SPEC D5, B10)."""

    CONTACT_CHANGE = "contact-change", _("change of a contact")
    COUNTER_REISSUE = "counter-reissue", _("password slip at the counter")
    USER_RESET = "user-reset", _("new password of a company's user")


class ApprovalState(models.TextChoices):
    """The life of a request (identity.approvals). An open one past its end counts as ended."""

    OPEN = "open", _("waiting for approval")
    APPROVED = "approved", _("approved")
    DONE = "done", _("done")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("too late")


class SessionKind(models.TextChoices):
    """A browser's session comes by cookie, a program's by bearer token."""

    BROWSER = "browser", _("browser")
    PROGRAM = "program", _("program")


class Customer(models.Model):
    """A person or company known to one institution. The same person at two institutions is two customers."""

    institution = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=CustomerKind)
    id_kind = models.CharField(max_length=16, choices=IdKind)
    #: Normalised (core.taiwan): half-width capitals and digits, its check digit right.
    national_id = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    #: A company gives the date of its registration.
    birth_date = models.DateField()
    locale = models.CharField(max_length=10, default="zh-hant")
    #: Staff froze this customer: nothing is issued, reissued or unlocked.
    frozen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "national_id"], name="customer_once_an_institution"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "id"], name="customer_list"),
            # Staff search by the beginning of a name; LIKE needs the pattern class on PostgreSQL.
            models.Index(
                fields=["institution", "name"],
                name="customer_name",
                opclasses=["varchar_ops", "varchar_pattern_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution}:{self.pk}"

    @property
    def subject(self) -> str:
        """How the audit and the counted limits name this customer."""
        return f"customer:{self.pk}"

    def addresses(self) -> list[Address]:
        """Return the contacts in force, for notices (SPEC D7)."""
        live = [contact for contact in self.contacts.all() if contact.retired_at is None]
        live.sort(key=lambda contact: (contact.since, contact.pk))
        live.sort(key=lambda contact: contact.channel, reverse=True)
        return [Address(contact.channel, contact.value) for contact in live]


class Contact(models.Model):
    """A phone number or e-mail address. A changed contact is retired, never overwritten: history stays readable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=5, choices=Channel)
    value = models.CharField(max_length=254)
    since = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "value"],
                condition=Q(retired_at__isnull=True),
                name="contact_live_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}:{self.pk}"


class Account(models.Model):
    """A trading account of one business line; it belongs to exactly one customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="accounts")
    institution = models.CharField(max_length=40)
    line = models.CharField(max_length=16, choices=Line)
    branch = models.CharField(max_length=8)
    number = models.CharField(max_length=16)
    opened_at = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "line", "branch", "number"], name="account_once_a_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}:{self.pk}"

    @property
    def display(self) -> str:
        """Branch and number as people write them: `1020-0324338`."""
        return f"{self.branch}-{self.number}"


class Staff(AbstractBaseUser):
    """A member of staff. Roles decide what the back office offers; an empty institution means all of them."""

    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    institution = models.CharField(max_length=40, blank=True, default="")
    roles = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.username

    def has_role(self, *roles: Role) -> bool:
        """Whether this active member of staff holds one of `roles`."""
        return self.is_active and any(role in self.roles for role in roles)

    @property
    def is_staff(self) -> bool:
        """Django's admin asks for this: administrators alone."""
        return self.has_role(Role.ADMINISTRATOR)

    @property
    def is_superuser(self) -> bool:
        """Django's admin asks for this: administrators alone."""
        return self.is_staff

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Django's admin asks for this: administrators alone."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 - Django's signature
        """Django's admin asks for this: administrators alone."""
        return self.is_staff


class CompanyUser(models.Model):
    """A person who acts for a company, known by the company's business ID and a user code (SPEC B10)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="users")
    #: Normalised: capitals and digits.
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    roles = models.JSONField(default=list)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "code"], name="user_once_a_company"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def subject(self) -> str:
        """How the audit, the gates and the approvals name this user."""
        return f"user:{self.pk}"

    def has_role(self, *roles: UserRole) -> bool:
        """Whether this user is active and holds one of `roles`."""
        return self.disabled_at is None and any(role in self.roles for role in roles)


class Approval(models.Model):
    """Something that hurts, asked by one and approved by another (SPEC D5, B10)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=ApprovalKind)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="approvals")
    #: What exactly it is about, such as `user:12`; empty where the customer says it all.
    target = models.CharField(max_length=64, blank=True, default="")
    #: What was asked, word for word, until it has ended: the second person sees this and nothing else happens.
    terms = models.JSONField(default=dict)
    note = models.CharField(max_length=300)
    #: `staff:7` or `user:12`.
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=10, choices=ApprovalState)
    decided_by = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "customer", "target"],
                condition=Q(state__in=["open", "approved"]),
                name="approval_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"approval:{self.pk}"


class KnownDevice(models.Model):
    """A browser from which the customer has logged in before; its cookie's random token is kept hashed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "token_hash"], name="device_once_a_customer"),
        ]

    def __str__(self) -> str:
        return f"device:{self.pk}"


class Session(models.Model):
    """A session of a browser or a program (SPEC E7). Its key exists only at the other end: here lies SHA-256 of it.

    `id` stays the same when the key is changed at a step-up; codes, grants and nonces are bound to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_hash = models.CharField(max_length=64, unique=True)
    #: Slug of the institution; empty for staff and for the index page.
    institution = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=8, choices=SessionKind)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="sessions"
    )
    #: Who acts for a company; none for a person.
    user = models.ForeignKey(
        CompanyUser, on_delete=models.CASCADE, null=True, blank=True, related_name="sessions"
    )
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, null=True, blank=True, related_name="sessions")
    #: Sealed under a key derived from the session's key: unreadable with the database alone.
    data = models.TextField(blank=True, default="")
    #: The password that began it is due: until it is changed, nothing else is allowed (SPEC B8).
    must_change = models.BooleanField(default=False)
    #: Ids of the accounts that the password opens, where each has its own (SPEC B5); null: all.
    opened = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    idle_ends_at = models.DateTimeField(db_index=True)
    absolute_ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"session:{self.pk}"
