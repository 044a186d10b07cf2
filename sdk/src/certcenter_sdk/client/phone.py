"""Upload to a phone, the computer's half: read the pairing code, compare, then seal and send (SPEC A12, manual M3 §5)."""

from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from certcenter_sdk import keys, pfx, transfer
from certcenter_sdk.client import calls
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Signed
from certcenter_sdk.client.flows import Flow, Work
from certcenter_sdk.client.life import Place, prove_key
from certcenter_sdk.errors import TransferRefused
from certcenter_sdk.pfx import Pfx
from certcenter_sdk.proofs import Purpose
from certcenter_sdk.transfer import Pairing, Transcript

_WAIT_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A PFX that is ready for a phone. Show `matching_code`; call `send` once the customer says that the phone's is equal.

    Attributes:
        pairing: what the phone's QR code says.
        transcript: what both sides agree on.
    """

    pairing: Pairing
    transcript: Transcript
    _file: bytes = field(repr=False)
    _opened: Pfx = field(repr=False)

    @classmethod
    def prepare(cls, text: str, file: bytes, password: str, *, institution: str) -> Self:
        """Read the pairing code and open the PFX: nobody sends a file whose password they don't know.

        `text` is what the QR code says (pasted, or by `pictures.read_pairing_code`), `file` the PFX as it lies on the
        disk; it is sent as it is, so that the phone asks for the same password.

        Raises:
            TransferRefused: `not-a-pairing-code`, `damaged-pairing-code`, `other-institution`.
            PfxRefused: `wrong-password` and the other codes of `pfx.read`.
        """
        pairing = Pairing.read(text)
        if pairing.institution != institution:
            raise TransferRefused("other-institution", "the phone is logged in at another institution")
        opened = pfx.read(file, password)
        subject = keys.spki_sha256(opened.key.public_key())
        return cls(pairing=pairing, transcript=pairing.transcript(subject), _file=file, _opened=opened)

    @property
    def matching_code(self) -> str:
        """What the phone shows, too, if it is the right phone and the right certificate."""
        return self.transcript.matching_code

    @property
    def session(self) -> UUID:
        """The pairing's id at the relay."""
        return UUID(self.pairing.session)


def send(place: Place, upload: Upload) -> Flow[None]:
    """Prove the certificate, seal the PFX to the phone and hand it to the relay, once.

    Raises:
        ApiProblem: `client-mismatch` where the certificate is not the one that the centre holds, `transfer-gone`,
            `already-sent`, and others.
    """
    proof: Signed = yield from prove_key(place, Purpose.PHONE, upload._opened.key, upload._opened.certificate)  # noqa: SLF001 - one module
    sealed: bytes = yield Work(lambda: transfer.seal(upload._file, upload.transcript))  # noqa: SLF001 - one module
    yield calls.send_parcel(upload.session, ciphertext=sealed, proof=proof)


def until_collected(upload: Upload, *, rounds: int = 15) -> Flow[str]:
    """Wait until the phone has taken it; returns the pairing's last state: `fetched`, `cancelled`, `expired`, `sealed`.

    Raises:
        ApiProblem: the centre refuses.
    """
    state = "sealed"
    for _ in range(rounds):
        answer: Answer = yield calls.transfer(upload.session, wait=_WAIT_SECONDS, known="sealed")
        state = answer.text("state")
        if state != "sealed":
            break
    return state
