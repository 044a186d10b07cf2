"""An institution's policy as page and programs need it: figures to check by, texts to show (SPEC, policy table)."""

from typing import Any
from urllib.parse import urlsplit

from certcenter.api.values import Output
from certcenter.core.texts import Text
from certcenter.institutions.base import PasswordRule
from certcenter.institutions.certificate_policy import StatusWord
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import (
    AfterRenewal,
    Availability,
    Calendar,
    Captcha,
    Channel,
    ClientStatus,
    CodeDelivery,
    ExportPassword,
    Function,
    HostStatus,
    KeyPlace,
    KeyType,
    LoginMethod,
    OnlineRevocation,
    Proof,
    RepairMode,
    SecurityMode,
    SerialForm,
    WindowUnit,
)


class AccentOut(Output):
    """The accent colour of one colour scheme, as `#rrggbb`."""

    colour: str
    ink: str
    """Text on the accent."""
    soft: str
    """The pale ground on which the accent itself is text."""


class AccentsOut(Output):
    """The institution's accent in both colour schemes: programs wear the same colours as the pages."""

    light: AccentOut
    dark: AccentOut


class HouseOut(Output):
    """Who the institution is."""

    slug: str
    profile: str
    name: str
    legal_name: str
    short_name: str
    centre_name: str
    mark: str
    broker_code: str
    test_environment: bool
    origin: str
    """The origin that orders and proofs of this caller name."""
    portal: str
    """The origin of the institution's pages: where a program sends a customer who needs a browser."""
    accents: AccentsOut


class PasswordRuleOut(Output):
    """Letters and digits within a length; `max_length` null: no upper limit."""

    min_length: int
    max_length: int | None
    text: str


class LoginOut(Output):
    """How a customer logs in, and when the session ends."""

    method: LoginMethod
    captcha: Captcha
    idle_seconds: int
    warning_seconds: int
    absolute_seconds: int
    slip_dialog: bool
    """The slip from the counter is asked for (送出/關閉) at the first 憑證作業: `GET slip`."""
    password: PasswordRuleOut


class PasswordCentreOut(Output):
    """密碼中心 (manual M2): what programs say before they ask (SPEC B)."""

    login: PasswordRuleOut
    withdrawal: PasswordRuleOut
    voice: PasswordRuleOut
    """Digits only."""
    voice_sync: bool
    """Whether the voice password may follow the login password by the keypad's table."""
    birth_calendar: Calendar
    """In which the birth date is typed here; the applications' forms have a calendar of their own."""
    wrong_limit: int
    """Wrong passwords until the lock."""
    final_limit: int
    """Wrong ones in all, after the unlock; then only reissue or the branch."""
    unlocks: int
    reissues_a_day: int
    link_hours: int
    code_digits: int
    code_seconds: int
    resend_seconds: int
    user_code: bool
    """Whether a customer may choose a name to log in with instead of the ID."""


class MenuItemOut(Output):
    """One entry of the menu."""

    function: Function
    label: str
    availability: Availability


class MenuOut(Output):
    """The menu in its order, and what the overview offers besides."""

    heading: str
    items: tuple[MenuItemOut, ...]
    overview_actions: tuple[Function, ...]


class KeyOut(Output):
    """Where the private key lives and what it may be."""

    place: KeyPlace
    types: tuple[KeyType, ...]
    default_type: KeyType
    pbkdf2_iterations: int
    folder: str | None
    """Name of the folder in the home directory, where the place is `pfx-directory`."""
    password: PasswordRuleOut | None


class ChoiceOut(Output):
    """How a choice is called here, and what it means."""

    label: str
    explained: str


class SecurityOut(Output):
    """The security setting (SPEC A11)."""

    choices: tuple[SecurityMode, ...]
    default: SecurityMode | None
    asked_at: tuple[Function, ...]
    labels: dict[SecurityMode, ChoiceOut]
    note: str | None
    """From when a changed setting holds."""


class ApplicationPolicyOut(Output):
    """What it takes to apply."""

    proofs: tuple[Proof, ...]
    birth_calendar: Calendar
    offer_backup: bool
    progress_seconds: tuple[int, int]
    done: str
    advice: tuple[str, ...]
    """What to do next, after applying and renewing."""
    unreachable: str


class RenewalOut(Output):
    """What it takes to renew, and when, measured from the certificate's end."""

    proofs: tuple[Proof, ...]
    unit: WindowUnit
    before: int
    after: int
    afterwards: AfterRenewal
    notes: tuple[str, ...]
    too_late: str


class RevocationPolicyOut(Output):
    """What a customer may stop online."""

    online: OnlineRevocation
    proofs: tuple[Proof, ...]
    yearly_limit: int | None
    notice: str
    used_up: str


class ExportOut(Output):
    """PFX files (SPEC A6, E11)."""

    allowed: bool
    name_changeable: bool
    password: ExportPassword
    compatible_allowed: bool
    copies_file: bool
    """The PFX at rest is copied after a check, under the password that it has."""
    file_name: str
    """Template of `{id}`, `{masked_id}`, `{broker}`, `{end_date}`; a certificate's own answer has it filled in."""
    notes: tuple[str, ...]
    done: str
    """Said when the file lies there; `{folder}` is filled in by the device."""


class RepairOut(Output):
    """How a failed download is mended (SPEC A9)."""

    mode: RepairMode
    note: str
    done: str


class CodesOut(Output):
    """Verification codes of apply, renew and revoke (SPEC D4)."""

    digits: int
    seconds: int
    resend_seconds: int
    tries: int
    channels: tuple[Channel, ...]
    delivery: CodeDelivery
    identification_code: bool
    notes: tuple[str, ...]
    """【注意事項】."""


class StatusOut(Output):
    """How a status is called here, and what to do about it."""

    word: str
    label: str
    advice: str
    code: int | None


class StatusesOut(Output):
    """The words of all statuses (SPEC A2)."""

    host: dict[HostStatus, StatusOut]
    client: dict[ClientStatus, StatusOut]
    serial_forms: tuple[SerialForm, ...]


class ContactLineOut(Output):
    """A telephone line."""

    label: str
    phone: str


class HelpOut(Output):
    """Whom a customer calls, and where the counter is."""

    lines: tuple[ContactLineOut, ...]
    hours: str
    email: str
    address: str
    branch: str


class LinkOut(Output):
    """A way out of the centre."""

    key: str
    label: str
    url: str


class RecommendedOut(Output):
    """What the environment check recommends (SPEC A13)."""

    chromium: int
    firefox: int
    safari: int
    clock_skew_seconds: int
    screen_width: int
    helper: str
    """The oldest desktop helper that this centre serves."""


class PolicyOut(Output):
    """The institution's policy for its customers' devices."""

    institution: HouseOut
    login: LoginOut
    password_centre: PasswordCentreOut | None
    """Null: this institution has none."""
    menu: MenuOut
    key: KeyOut
    security: SecurityOut
    application: ApplicationPolicyOut
    renewal: RenewalOut
    revocation: RevocationPolicyOut
    export: ExportOut
    repair: RepairOut
    codes: CodesOut
    statuses: StatusesOut
    contact: HelpOut
    links: tuple[LinkOut, ...]
    recommended: RecommendedOut
    expiring_days: int
    retention_years: int


def policy_of(institution: Institution, *, language: str, origin: str) -> PolicyOut:
    """Return the policy in `language`; `origin` is the caller's."""
    words = _Words(language)
    return PolicyOut(
        institution=_house(institution, words, origin),
        login=_login(institution, words),
        password_centre=_password_centre(institution, words) if institution.passwords.centre else None,
        menu=_menu(institution, words),
        key=_key(institution, words),
        security=_security(institution, words),
        application=ApplicationPolicyOut(**_same(institution.application, ApplicationPolicyOut, words)),
        renewal=_renewal(institution, words),
        revocation=_revocation(institution, words),
        export=ExportOut(**_same(institution.export, ExportOut, words)),
        repair=RepairOut(**_same(institution.repair, RepairOut, words)),
        codes=_codes(institution, words),
        statuses=_statuses(institution, words),
        contact=_contact(institution, words),
        links=tuple(LinkOut(**_same(link, LinkOut, words)) for link in institution.links),
        recommended=RecommendedOut(**_same(institution.environment, RecommendedOut)),
        expiring_days=institution.validity.expiring_days,
        retention_years=institution.retention.years_after_end,
    )


class _Words:
    """Texts in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple) and value and isinstance(value[0], Text):
            return tuple(each.get(self._language) for each in value)
        return value.get(self._language) if isinstance(value, Text) else value


def _same(row: Any, output: type[Output], words: _Words | None = None) -> dict[str, Any]:
    """Return the values of `row` that `output` has under the same names."""
    speak = words or _Words("en")
    return {name: speak(getattr(row, name)) for name in output.model_fields}


def _house(institution: Institution, words: _Words, origin: str) -> HouseOut:
    names = ("name", "legal_name", "short_name", "centre_name", "mark", "broker_code", "test_environment")
    branding = {name: words(getattr(institution.branding, name)) for name in names}
    light, dark = (
        AccentOut(**_same(accent, AccentOut))
        for accent in (institution.branding.light, institution.branding.dark)
    )
    return HouseOut(
        slug=institution.slug,
        profile=institution.profile,
        origin=origin,
        portal=_portal(institution, origin),
        accents=AccentsOut(light=light, dark=dark),
        **branding,
    )


def _portal(institution: Institution, origin: str) -> str:
    """Return the pages' origin: the institution's own host, behind the same scheme and port as the caller's."""
    asked = urlsplit(origin)
    port = f":{asked.port}" if asked.port else ""
    return f"{asked.scheme}://{institution.host}{port}"


def _login(institution: Institution, words: _Words) -> LoginOut:
    return LoginOut(
        method=institution.login.method,
        captcha=institution.login.captcha,
        idle_seconds=institution.session.idle_minutes * 60,
        warning_seconds=institution.session.warning_seconds,
        absolute_seconds=institution.session.absolute_minutes * 60,
        slip_dialog=institution.login.slip_dialog,
        password=_password(institution.passwords.login, words),
    )


def _password_centre(institution: Institution, words: _Words) -> PasswordCentreOut:
    passwords, lock, codes = institution.passwords, institution.lock, institution.codes.reissue
    return PasswordCentreOut(
        login=_password(passwords.login, words),
        withdrawal=_password(passwords.withdrawal, words),
        voice=_password(passwords.voice, words),
        voice_sync=passwords.voice_sync,
        birth_calendar=passwords.birth_calendar,
        wrong_limit=lock.wrong_limit,
        final_limit=lock.final_limit,
        unlocks=lock.unlocks,
        reissues_a_day=passwords.reissues_a_day,
        link_hours=passwords.link_hours,
        code_digits=codes.digits,
        code_seconds=codes.minutes * 60,
        resend_seconds=codes.resend_seconds,
        user_code=institution.login.user_code,
    )


def _menu(institution: Institution, words: _Words) -> MenuOut:
    menu = institution.menu
    return MenuOut(
        heading=words(menu.heading),
        items=tuple(MenuItemOut(**_same(item, MenuItemOut, words)) for item in menu.items),
        overview_actions=menu.overview_actions,
    )


def _key(institution: Institution, words: _Words) -> KeyOut:
    key = institution.key
    return KeyOut(
        place=key.place,
        types=key.types,
        default_type=key.default_type,
        pbkdf2_iterations=key.pbkdf2_iterations,
        folder=key.folder,
        password=_password(key.password, words) if key.password else None,
    )


def _security(institution: Institution, words: _Words) -> SecurityOut:
    security = institution.security
    return SecurityOut(
        choices=security.choices,
        default=security.default,
        asked_at=security.asked_at,
        labels={
            mode: ChoiceOut(**_same(security.labels[mode], ChoiceOut, words)) for mode in security.choices
        },
        note=words(security.note),
    )


def _password(rule: PasswordRule, words: _Words) -> PasswordRuleOut:
    return PasswordRuleOut(
        min_length=rule.min_length, max_length=rule.max_length, text=words(rule.describe())
    )


def _renewal(institution: Institution, words: _Words) -> RenewalOut:
    renewal = institution.renewal
    return RenewalOut(
        proofs=renewal.proofs,
        unit=renewal.window.unit,
        before=renewal.window.before,
        after=renewal.window.after,
        afterwards=renewal.after,
        notes=words(renewal.notes_text()),
        too_late=words(renewal.too_late),
    )


def _revocation(institution: Institution, words: _Words) -> RevocationPolicyOut:
    revocation = institution.revocation
    return RevocationPolicyOut(
        online=revocation.online,
        proofs=revocation.proofs,
        yearly_limit=revocation.yearly_limit,
        notice=words(revocation.notice_text()),
        used_up=words(revocation.used_up_text()),
    )


def _codes(institution: Institution, words: _Words) -> CodesOut:
    codes = institution.codes.default
    return CodesOut(
        seconds=codes.minutes * 60,
        notes=words(codes.notes_text(institution.branding.name)),
        **{name: getattr(codes, name) for name in CodesOut.model_fields if name not in {"seconds", "notes"}},
    )


def _statuses(institution: Institution, words: _Words) -> StatusesOut:
    statuses = institution.statuses
    return StatusesOut(
        host={status: _status(statuses.word(status), words) for status in HostStatus},
        client={status: _status(statuses.word(status), words) for status in ClientStatus},
        serial_forms=statuses.serial_forms,
    )


def _status(status: StatusWord, words: _Words) -> StatusOut:
    return StatusOut(
        word=words(status.word), label=words(status.label()), advice=words(status.advice), code=status.code
    )


def _contact(institution: Institution, words: _Words) -> HelpOut:
    contact = institution.contact
    return HelpOut(
        lines=tuple(ContactLineOut(**_same(line, ContactLineOut, words)) for line in contact.lines),
        hours=words(contact.hours_text),
        email=contact.email,
        address=words(contact.address),
        branch=words(contact.branch),
    )
