"""What the page can do, a program can (issue 2, point 10): each address of the portal beside the operations that do the same."""

import pytest
from django.urls import URLPattern, URLResolver

from certcenter.api import program_urls
from certcenter.portal import urls

#: Name of the page → the operations by which a program does the same.
SAME = {
    "front": ("GET /policy", "GET /documents/{kind}", "GET /downloads"),
    "download": ("GET /downloads",),  # says where each file lies
    "login": ("GET /captcha", "POST /sessions"),
    "captcha-sound": ("GET /captcha/sound",),
    "logout": ("DELETE /sessions/current",),
    "extend": ("GET /me",),
    "overview": ("GET /certificates", "GET /certificates/{serial}", "GET /me"),
    "apply": ("GET /consents/{kind}", "POST /procedures", "POST /procedures/{procedure_id}/birth-date"),
    "renew": ("GET /consents/{kind}", "POST /procedures", "POST /procedures/{procedure_id}/birth-date"),
    "revoke": ("GET /consents/{kind}", "POST /procedures", "POST /procedures/{procedure_id}/birth-date"),
    "verify": (
        "POST /procedures/{procedure_id}/codes",
        "POST /procedures/{procedure_id}/codes/{challenge}",
        "GET /procedures/{procedure_id}",
    ),
    "obtain": (
        "POST /applications",
        "GET /applications/{request_uuid}",
        "GET /applications/{request_uuid}/certificate",
        "POST /applications/{request_uuid}/acknowledgement",
    ),
    "revoke-proven": ("POST /revocations",),
    "revoked": ("POST /revocations", "GET /certificates"),
    "repair": ("GET /applications/{request_uuid}/certificate", "POST /nonces", "POST /redownloads"),
    "import": ("GET /certificates/{serial}", "POST /key-shares"),
    "export": ("POST /key-shares/{spki}/release",),
    "data-check": ("GET /certificates",),
    "security-setting": ("POST /key-shares/{spki}/release", "PUT /key-shares/{spki}"),
    "environment": ("GET /environment", "GET /policy"),
    "sign-order": ("POST /orders/drafts", "POST /orders", "GET /orders"),
    "passwords": ("GET /passwords", "GET /passwords/login-code", "PUT /passwords/login-code"),
    "password-change": ("POST /passwords/change",),
    "password-change-account": ("POST /passwords/change",),
    "password-unify": ("POST /passwords/unification",),
    "password-changed": ("GET /passwords",),
    "password-unlock": ("POST /recoveries", "POST /recoveries/unlock"),
    "password-reissue": ("POST /recoveries", "POST /recoveries/proof", "POST /recoveries/requests"),
    "reissue-account": ("POST /recoveries/requests/confirmation",),
    "reissue-sent": ("POST /recoveries/requests/confirmation",),
    "reissue-link": ("POST /recoveries/links",),
    "reissue-verify": ("POST /recoveries/codes", "POST /recoveries/codes/check"),
    "reissue-new": ("POST /recoveries/password", "POST /recoveries/cancellation"),
    "reissue-done": ("POST /recoveries/password",),
    "reissue-help": ("GET /policy",),
    "voice-table": ("GET /voice/table",),
    "users": ("GET /users", "GET /user-resets"),
    "user-reset": ("POST /users/{user}/resets",),
    "user-request": (
        "POST /user-resets/{reset}/approval",
        "POST /user-resets/{reset}/refusal",
        "POST /user-resets/{reset}/password",
    ),
    "own-password": ("PUT /users/me/password",),
    "phone": ("POST /transfers", "GET /transfers/{session}", "POST /transfers/{session}/collection"),
    "phone-upload": ("POST /transfers/{session}/parcel", "DELETE /transfers/{session}"),
    "announcements": ("GET /documents/{kind}",),
    "instructions": ("GET /documents/{kind}",),
    "faq": ("GET /documents/{kind}",),
}
#: What only a browser needs: its files, its language, its goodbye.
FOR_BROWSERS = {
    "static", "theme", "mark", "language", "healthz", "signed-out", "phone-manifest", "phone-icon",
}  # fmt: skip


def _names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    return {each.name for each in patterns if isinstance(each, URLPattern) and each.name}


def _operations() -> set[str]:
    return {
        f"{method.upper()} {path.partition('{slug}')[2] or path.partition('/v1')[2]}"
        for path, methods in program_urls.document()["paths"].items()
        for method in methods
    }


@pytest.mark.spec("A1", "A3", "A5", "A15")
def test_each_page_has_its_operations() -> None:
    assert _names(urls.urlpatterns) == SAME.keys() | FOR_BROWSERS
    missing = {each for wanted in SAME.values() for each in wanted} - _operations()
    assert missing == set()
