"""An institution's policy as page and programs need it: figures to check by, texts to show (SPEC, policy table)."""

from typing import Any
from urllib.parse import urlsplit

from certcenter.api.policy_schemas import (
    AccentOut,
    AccentsOut,
    ApplicationPolicyOut,
    ChoiceOut,
    CodesOut,
    ContactLineOut,
    ExportOut,
    HelpOut,
    HouseOut,
    KeyOut,
    LinkOut,
    LoginOut,
    MenuItemOut,
    MenuOut,
    PasswordCentreOut,
    PasswordRuleOut,
    PolicyOut,
    RecommendedOut,
    RenewalOut,
    RepairOut,
    RevocationPolicyOut,
    SecurityOut,
    StatusesOut,
    StatusOut,
)
from certcenter.api.values import Output
from certcenter.core.texts import Text
from certcenter.institutions.base import PasswordRule
from certcenter.institutions.certificate_policy import StatusWord
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import (
    ClientStatus,
    HostStatus,
)


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
        portal=portal_of(institution, origin),
        accents=AccentsOut(light=light, dark=dark),
        **branding,
    )


def portal_of(institution: Institution, origin: str) -> str:
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
