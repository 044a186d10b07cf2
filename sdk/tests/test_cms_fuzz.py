"""Tens of thousands of mutated signatures: none is accepted here that OpenSSL refuses (issue 3, Speed; SPEC D8).

Mutations know the structure: bits and bytes, whole elements left out, doubled, swapped, lengths in other forms, other
algorithms, other attributes signed anew by the true key, other certificates, another content. Accepting means signature
and chain, on both sides.
"""

import random
import subprocess
from collections import Counter
from datetime import timedelta

import pytest
from asn1crypto import cms as asn1
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from sdk.tests.openssl_cms import OpenSsl
from sdk.tests.pki import NOW, ORDER_FIELDS, new_root, pem, usage

from certcenter_sdk import cms, der, keys
from certcenter_sdk.chain import ChainVerifier
from certcenter_sdk.cms_shape import signer_of
from certcenter_sdk.errors import Refused
from certcenter_sdk.orders import Order

pytestmark = pytest.mark.interop
FEW = 600
CONTENT = Order(**ORDER_FIELDS).canonical()
OTHER = CONTENT.replace(b'"1000"', b'"9000"')
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SPOTS = (
    "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2",
    "1.2.840.113549.1.1.11", "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4",
)  # fmt: skip
REPLACEMENTS = (
    *SPOTS,
    "1.3.14.3.2.26",
    "2.16.840.1.101.3.4.2.3",
    "1.2.840.10045.4.1",
    "1.2.840.113549.1.1.5",
)


class Mutator:
    """Makes one message after another; each is (what was done, content, signature)."""

    def __init__(self, seed, people, strangers):
        self.random = random.Random(seed)
        self.people = people
        self.strangers = strangers
        self.signed = [cms.sign_detached(CONTENT, each.key, each.certificate) for each in people]

    def __iter__(self):
        ways = [
            self.true, self.bits, self.octets, self.element_lost, self.element_doubled, self.elements_swapped,
            self.long_length, self.indefinite, self.oid, self.other_attributes, self.other_certificate, self.other_content,
            self.mirrored, self.trailing, self.cut, self.integer,
        ]  # fmt: skip
        while True:
            way = self.random.choice(ways)
            try:
                content, signature = way(self.random.randrange(len(self.people)))
            except ValueError:  # nothing there to be changed so
                continue
            yield way.__name__, content, signature

    def true(self, who):
        content = self.random.choice((CONTENT, OTHER))
        person = self.people[who]
        return content, cms.sign_detached(content, person.key, person.certificate)

    def bits(self, who):
        data = bytearray(self.signed[who])
        for _ in range(self.random.randint(1, 3)):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return CONTENT, bytes(data)

    def octets(self, who):
        data, at = self.signed[who], self.random.randrange(len(self.signed[who]))
        size = self.random.randint(0, 4)
        return CONTENT, data[:at] + self.random.randbytes(size) + data[at + self.random.randint(0, 4) :]

    def element_lost(self, who):
        return CONTENT, self.rebuilt(who, lambda children, at: children[:at] + children[at + 1 :])

    def element_doubled(self, who):
        return CONTENT, self.rebuilt(who, lambda children, at: children[: at + 1] + children[at:])

    def elements_swapped(self, who):
        return CONTENT, self.rebuilt(who, lambda children, at: children[at:] + children[:at])

    def long_length(self, who):
        return CONTENT, self.rewritten(
            who, lambda tag, body: _header(tag, body, spare=self.random.randint(1, 2))
        )

    def indefinite(self, who):
        return CONTENT, self.rewritten(who, lambda tag, body: bytes([tag, 0x80]) + body + b"\0\0")

    def integer(self, who):
        return CONTENT, self.rewritten(
            who,
            lambda tag, body: (
                der.encode(tag, b"\0" + body) if tag == der.INTEGER else der.encode(tag, body, b"\0")
            ),
        )

    def oid(self, who):
        old, new = (der.oid(self.random.choice(names)) for names in (SPOTS, REPLACEMENTS))
        parts = self.signed[who].split(old)
        if len(parts) == 1 or old == new:
            raise ValueError
        at = self.random.randrange(1, len(parts))
        flat = old.join(parts[:at]) + new + old.join(parts[at:])
        return CONTENT, _relengthed(self.signed[who], flat) if len(old) == len(new) else flat

    def other_attributes(self, who):
        """The true key signs other attributes: what a careless or malicious client could hand in."""
        person = self.people[who]
        info = asn1.ContentInfo.load(self.signed[who])
        signer = info["content"]["signer_infos"][0]
        attributes = list(signer["signed_attrs"])
        change = self.random.choice(("lose", "double", "digest", "type", "time", "order", "none"))
        chosen = self.random.randrange(len(attributes))
        if change == "lose":
            del attributes[chosen]
        elif change == "double":
            attributes.append(attributes[chosen])
        elif change == "digest":
            attributes[chosen] = asn1.CMSAttribute(
                {"type": "message_digest", "values": [self.random.randbytes(self.random.choice((0, 20, 32)))]}
            )
        elif change == "type":
            attributes[chosen] = asn1.CMSAttribute({"type": "content_type", "values": ["signed_data"]})
        elif change == "time":
            attributes.append(
                asn1.CMSAttribute({"type": "signing_time", "values": [asn1.Time("utc_time", NOW)]})
            )
        if change == "none":
            signer["signed_attrs"] = None
            to_sign = CONTENT
        else:
            encoded = [attribute.dump() for attribute in attributes]
            if change == "order":
                self.random.shuffle(encoded)
            body = b"".join(encoded)
            signer["signed_attrs"] = asn1.CMSAttributes.load(der.encode(der.SET, body))
            to_sign = der.encode(der.SET, body)
        signer["signature"] = keys.sign(person.key, to_sign)
        return CONTENT, info.dump(force=True)

    def other_certificate(self, who):
        """A signature by the true key, with a certificate that it does not belong to or nobody should trust."""
        stranger = self.random.choice(self.strangers)
        if self.random.random() < 0.5:
            return CONTENT, cms.sign_detached(CONTENT, stranger.key, stranger.certificate)
        ours = self.people[who].certificate.public_bytes(Encoding.DER)
        theirs = stranger.certificate.public_bytes(Encoding.DER)
        return CONTENT, _relengthed(self.signed[who], self.signed[who].replace(ours, theirs))

    def other_content(self, who):
        return self.random.choice(
            (OTHER, b"", CONTENT[:-1], CONTENT + b"\n", CONTENT.replace(b"\n", b"\r\n") + b" ")
        ), (self.signed[who])

    def mirrored(self, who):
        """ECDSA's other signature, (r, n − s), is as good; OpenSSL says so too."""
        value = cms.verify_detached(CONTENT, self.signed[who]).value
        try:
            r, s = decode_dss_signature(value)
        except ValueError:
            raise ValueError from None
        twin = encode_dss_signature(r, P256_ORDER - s)
        signer = signer_of(self.people[who].certificate.public_bytes(Encoding.DER))
        return CONTENT, signer.encode(keys.sha256(CONTENT), twin)

    def trailing(self, who):
        return CONTENT, self.signed[who] + self.random.randbytes(self.random.randint(1, 4))

    def cut(self, who):
        return CONTENT, self.signed[who][: self.random.randrange(len(self.signed[who]))]

    def rebuilt(self, who, change):
        """One constructed element somewhere gets other children; all lengths above it fit again."""
        element, path = self.somewhere(
            who, lambda found: found.tag & 0x20 and len(list(found.children())) > 1
        )
        children = [child.encoding for child in element.children()]
        at = self.random.randrange(1, len(children))
        return _replaced(path, der.encode(element.tag, *change(children, at)))

    def rewritten(self, who, write):
        element, path = self.somewhere(who, lambda _: True)
        return _replaced(path, write(element.tag, element.body))

    def somewhere(self, who, fits):
        found = []

        def walk(element, path):
            here = [*path, element]
            if fits(element):
                found.append((element, here))
            if element.tag & 0x20:
                for child in element.children():
                    walk(child, here)

        walk(der.read_whole(self.signed[who], der.SEQUENCE), [])
        return self.random.choice(found)


def _header(tag, body, *, spare):
    size = (len(body).bit_length() + 7) // 8 + spare
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size) + body


def _replaced(path, encoding):
    """The whole message with the path's last element replaced, and the lengths of those above it written anew."""
    for parent, child in zip(reversed(path[:-1]), reversed(path), strict=False):
        parts = [
            encoding if each.encoding is child.encoding or _same(each, child) else each.encoding
            for each in parent.children()
        ]
        encoding = der.encode(parent.tag, *parts)
    return encoding


def _same(one, other):
    return (one.tag, one.end, one.body) == (other.tag, other.end, other.body)


def _relengthed(original, changed):
    """Nothing to mend where nothing grew."""
    if len(original) == len(changed):
        return changed
    info = asn1.ContentInfo.load(original)
    certificate = info["content"]["certificates"][0].dump()
    at = original.index(certificate)
    end = at + len(certificate) + len(changed) - len(original)
    info["content"]["certificates"] = asn1.CertificateSet.load(der.encode(der.SET, changed[at:end]))
    return info.dump(force=True)


@pytest.fixture(scope="module")
def strangers(issuing, p256):
    """Certificates for known keys that must not count: ended, not begun, may not sign, another root's, another name."""
    other = new_root().subordinate()
    past = {"start": NOW - timedelta(days=9), "end": NOW - timedelta(days=1)}
    future = {"start": NOW + timedelta(days=1), "end": NOW + timedelta(days=9)}
    from sdk.tests.pki import Customer

    made = [
        issuing.issue(p256.key, **past),
        issuing.issue(p256.key, **future),
        issuing.issue(p256.key, key_usage=usage(ca=False, signs=False)),
        other.issue(p256.key),
        issuing.issue(p256.key, "B123456780-00-000001"),
    ]
    return [Customer(p256.key, certificate) for certificate in made]


@pytest.fixture(scope="module")
def openssl(root, issuing):
    try:
        return OpenSsl([root.certificate, issuing.certificate], NOW)
    except (FileNotFoundError, OSError) as error:
        pytest.skip(f"no libcrypto: {error}")


@pytest.fixture(scope="module")
def ours(root, issuing):
    chains = ChainVerifier(intermediates=[issuing.certificate], roots=[root.certificate])

    def accepts(content, signature):
        try:
            chains.verify(cms.verify_detached(content, signature).certificate, NOW)
        except Refused:
            return False
        return True

    return accepts


def compare(mutator, count, ours, openssl):
    """Tally of (way, ours, OpenSSL's), and the messages that we alone accept."""
    tally, alone = Counter(), []
    for _, (way, content, signature) in zip(range(count), mutator, strict=False):
        verdicts = ours(content, signature), openssl.accepts(content, signature)
        tally[(way, *verdicts)] += 1
        if verdicts == (True, False):
            alone.append((way, content, signature.hex()))
    return tally, alone


@pytest.mark.spec("D8", "A15", "E10")
@pytest.mark.parametrize(
    "count", [FEW, pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_nothing_is_accepted_that_openssl_refuses(
    *, count, p256, rsa2048, strangers, ours, openssl, record_property
):
    seed = (
        random.randrange(2**32) if count > FEW else 1
    )  # what is new is found in the long run, not in `make test`
    mutator = Mutator(seed, [p256, rsa2048], strangers)
    tally, alone = compare(mutator, count, ours, openssl)
    for (way, here, there), number in sorted(tally.items()):
        record_property(f"{way}: ours {here}, OpenSSL {there}", number)
    assert alone == [], f"seed {seed}"
    both = {way for (way, here, there) in tally if here and there}
    assert {"true", "mirrored"} <= both, "nothing was accepted: the comparison says nothing"
    assert sum(number for (_, here, _), number in tally.items() if not here) > count / 2


def test_a_careless_verifier_is_found_out(p256, rsa2048, strangers, openssl):
    """The control: one that checks the signature over the attributes, and not what they say, is caught."""

    def careless(_content, signature):
        try:
            info = asn1.ContentInfo.load(signature)["content"]
            signer = info["signer_infos"][0]
            attributes = bytearray(signer["signed_attrs"].dump())
            attributes[0] = der.SET
            person = p256 if signer["signature_algorithm"].native["algorithm"].endswith("ecdsa") else rsa2048
            keys.verify(person.key.public_key(), signer["signature"].native, bytes(attributes))
        except (InvalidSignature, ValueError, TypeError, KeyError, IndexError, AttributeError):
            return False
        return True

    _, alone = compare(Mutator(1, [p256, rsa2048], strangers), 300, careless, openssl)
    assert {way for way, *_ in alone} >= {"other_content", "other_attributes"}


def test_the_library_says_what_the_command_says(
    *, p256, rsa2048, strangers, root, issuing, openssl, tmp_path
):
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(pem(root.certificate, issuing.certificate))
    for number, (_, content, signature) in zip(
        range(40), Mutator(2, [p256, rsa2048], strangers), strict=False
    ):
        message, detached = tmp_path / f"{number}.p7s", tmp_path / f"{number}.json"
        message.write_bytes(signature)
        detached.write_bytes(content)
        command = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            message,
            "-content",
            detached,
        ]
        options = ["-CAfile", trusted, "-attime", str(int(NOW.timestamp())), "-out", "/dev/null"]
        said = subprocess.run([*command, *options], check=False, capture_output=True, timeout=60)
        library = openssl.accepts(content, signature)
        assert library <= (said.returncode == 0), "the library is the stricter one: it minds trailing bytes"
