"""The forms of `GET policy`: an institution's policy as page and programs need it (SPEC, policy table)."""

from certcenter.api.values import Output
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
