"""憑證上傳手機: read the phone's pairing code, compare, seal, send (SPEC A12; manual M3 §5)."""

from pathlib import Path

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.files import chosen
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import ClientStatus, PhoneUpload, Uploaded
from certcenter_helper.core.work import Cancel, Progress, Stage, Step
from certcenter_sdk.client import phone
from certcenter_sdk.client.phone import Upload

_FETCHED = "fetched"


class Prepared:
    """An upload that waits for the customer's word that both screens show the same code."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload

    @property
    def shown(self) -> PhoneUpload:
        """What to show before sending."""
        return PhoneUpload(matching_code=self.upload.matching_code)


def prepare(desk: Desk, code: str, *, picture: Path | None, password: str, panel_id: str) -> Prepared:
    """Read the pairing code (pasted, or from a picture), and open the PFX with its password.

    Raises:
        HelperError: the code is none; the password is wrong; host and client do not match.
    """
    from certcenter_helper.core.looking import overview

    entry = chosen(desk, panel_id)
    seen = overview(desk, offline=False)
    here = next((each for each in seen.clients if each.id == entry.spki_sha256), None)
    if here is None or here.status is not ClientStatus.EXPORTABLE:
        raise HelperError(
            Kind.REFUSED,
            "client-mismatch",
            text("Only a certificate that is the same as the centre's can be uploaded."),
            advice=seen.client.word.advice,
        )
    with told():
        written = _read(picture) if picture else code
        file = entry.path.read_bytes()
        return Prepared(Upload.prepare(written.strip(), file, password, institution=desk.slug))


def send(desk: Desk, prepared: Prepared, *, progress: Progress, cancel: Cancel) -> Uploaded:
    """Hand the sealed file to the relay, once, and wait until the phone has taken it."""
    line = desk.line()
    try:
        progress(Step(Stage.SENDING, 40))
        line.run(phone.send(line.place, prepared.upload), cancel=cancel)
        progress(Step(Stage.WAITING, 70))
        state = line.run(phone.until_collected(prepared.upload, rounds=100), cancel=cancel)
    finally:
        line.close()
    progress(Step(Stage.DONE, 100))
    return Uploaded(
        collected=state == _FETCHED,
        sentence=text("The certificate is on the phone. Type its password there.")
        if state == _FETCHED
        else text("The phone has not taken it in time; nothing is left at the centre."),
    )


def _read(picture: Path) -> str:
    from certcenter_sdk.pictures import read_pairing_code

    try:
        data = picture.read_bytes()
    except OSError as error:
        raise HelperError(
            Kind.INPUT, "file", text("The file can't be read."), detail=f"{picture}: {error.strerror}"
        ) from error
    return read_pairing_code(data)
