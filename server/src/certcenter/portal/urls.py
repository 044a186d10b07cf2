"""The addresses on an institution's own host. Names are stable: menus and texts refer to them."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from certcenter.portal.views import (
    documents,
    front,
    local,
    orders,
    overview,
    passwords,
    phone,
    procedure,
    recovery,
    redeem,
    reissue,
    session,
    static,
    users,
)


class ProcedureConverter(StringConverter):
    """The kinds of procedure as they stand in addresses."""

    regex = "apply|renew|revoke"


register_converter(ProcedureConverter, "procedure")

handler400 = "certcenter.portal.views.errors.bad_request"
handler403 = "certcenter.portal.views.errors.forbidden"
handler404 = "certcenter.portal.views.errors.not_found"
handler500 = "certcenter.portal.views.errors.server_error"

#: On the index host too.
common = [
    path("static/<path:name>", static.static_file, name="static"),
    path("theme.css", static.theme, name="theme"),
    path("mark.svg", static.mark, name="mark"),
    path("language/", session.language, name="language"),
    path("healthz", front.healthz, name="healthz"),
]

urlpatterns = [
    *common,
    path("", include("certcenter.api.urls")),
    path("", front.front, name="front"),
    path("downloads/<str:name>", front.download, name="download"),
    path("login/", session.login, name="login"),
    path("login/sound/", session.captcha_sound, name="captcha-sound"),
    path("logout/", session.logout, name="logout"),
    path("session/", session.extend, name="extend"),
    path("signed-out/", session.signed_out, name="signed-out"),
    path("passwords/unlock/", recovery.unlock, name="password-unlock"),
    path("passwords/reissue/", reissue.who, name="password-reissue"),
    path("passwords/reissue/account/", reissue.account, name="reissue-account"),
    path("passwords/reissue/sent/", reissue.sent, name="reissue-sent"),
    path("passwords/reissue/link/", reissue.link, name="reissue-link"),
    path("passwords/reissue/verify/", redeem.verify, name="reissue-verify"),
    path("passwords/reissue/new/", redeem.new, name="reissue-new"),
    path("passwords/reissue/done/", redeem.done, name="reissue-done"),
    path("passwords/reissue/help/", reissue.help_, name="reissue-help"),
    path("certificates/", overview.overview, name="overview"),
    path("apply/", procedure.begin, {"kind": "apply"}, name="apply"),
    path("renew/", procedure.begin, {"kind": "renew"}, name="renew"),
    path("revoke/", procedure.begin, {"kind": "revoke"}, name="revoke"),
    path("revoke/done/", procedure.revoked, name="revoked"),
    path("revoke/<uuid:procedure_id>/", procedure.revoke_proven, name="revoke-proven"),
    path("<procedure:kind>/<uuid:procedure_id>/verify/", procedure.verify, name="verify"),
    path("<procedure:kind>/<uuid:procedure_id>/certificate/", procedure.obtain, name="obtain"),
    path("repair/", local.repair, name="repair"),
    path("import/", local.import_, name="import"),
    path("export/", local.export, name="export"),
    path("data-check/", local.data_check, name="data-check"),
    path("security/", local.security, name="security-setting"),
    path("environment/", local.environment, name="environment"),
    path("orders/", orders.sign_order, name="sign-order"),
    path("passwords/", passwords.centre, name="passwords"),
    path("passwords/change/", passwords.change_password, name="password-change"),
    path("passwords/change/<uuid:account_id>/", passwords.change_account, name="password-change-account"),
    path("passwords/unify/", passwords.unify, name="password-unify"),
    path("passwords/changed/", passwords.changed, name="password-changed"),
    path("passwords/voice-table/", passwords.voice_table, name="voice-table"),
    path("users/", users.people, name="users"),
    path("users/<int:user_id>/reset/", users.reset, name="user-reset"),
    path("users/requests/<uuid:approval_id>/", users.decide, name="user-request"),
    path("own-password/", users.own_password, name="own-password"),
    path("phone-upload/", phone.upload, name="phone-upload"),
    path("phone/", phone.phone, name="phone"),
    path("phone.webmanifest", phone.manifest, name="phone-manifest"),
    path("phone-icon-<int:size>.png", phone.icon, name="phone-icon"),
    path("announcements/", documents.announcements, name="announcements"),
    path("instructions/", documents.instructions, name="instructions"),
    path("faq/", documents.faq, name="faq"),
]
