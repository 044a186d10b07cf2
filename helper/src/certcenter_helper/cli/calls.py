"""Which command does what the overview offers."""

from typing import Final

from certcenter_helper.cli.words import marked as _
from certcenter_helper.core.values import Action

ACTIONS: Final = {
    Action.APPLY: ("certcenter apply", _("apply for a certificate")),
    Action.RENEW: ("certcenter renew", _("renew it")),
    Action.DOWNLOAD: ("certcenter repair", _("download the certificate that waits")),
    Action.REDOWNLOAD: ("certcenter repair", _("download it again, as staff have opened it")),
    Action.REVOKE: ("certcenter revoke", _("revoke it")),
    Action.EXPORT: ("certcenter export", _("write a backup")),
    Action.IMPORT: ("certcenter import FILE", _("install your backup")),
    Action.REMOVE: ("certcenter remove", _("remove it from this computer")),
    Action.PFX_PASSWORD: ("certcenter passwd", _("change its password")),
    Action.SECURITY: ("certcenter security", _("change when signing asks for the password")),
    Action.PHONE: ("certcenter phone", _("upload it to a phone")),
    Action.SIGN: ("certcenter sign", _("sign an order")),
}
