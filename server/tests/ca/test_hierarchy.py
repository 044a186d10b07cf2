"""Root, issuing CA and responder as others see them: OpenSSL, pkilint, cryptography's path validation."""

from datetime import timedelta
from shutil import copytree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from server.tests.ca.support import NOW, PASSPHRASE, SLOW_KEYS, config, openssl, pem, request, spki

from certcenter.ca.api import Issued, Reason
from certcenter.ca.embedded import create_ca, maintain_ca, open_ca
from certcenter.ca.embedded.hierarchy import RevokedCa, read_certificate
from certcenter.ca.embedded.lint import lint
from certcenter.ca.errors import CaError
from certcenter.ca.keys import KeyType
from certcenter.status.crl import CrlIssuer, encode_crl
from certcenter.status.interfaces import RevokedEntry

CA_KEYS = [pytest.param(kind, marks=[pytest.mark.soak] if kind in SLOW_KEYS else []) for kind in KeyType]


@pytest.fixture(scope="module")
def cas(tmp_path_factory):
    """One CA for each key type, made when first asked for."""
    home, opened = tmp_path_factory.mktemp("cas"), {}

    def by_type(key_type):
        if key_type not in opened:
            directory = home / str(key_type)
            create_ca(directory, config(str(key_type), key_type=key_type), passphrase=PASSPHRASE, now=NOW)
            opened[key_type] = (directory, open_ca(directory, PASSPHRASE))
        return opened[key_type]

    return by_type


def crl_of(ca, shard, entries=()):
    published = ca.publication
    return encode_crl(
        entries,
        issuer=CrlIssuer(published.issuing_name, published.issuing_key_id, published.crl_key),
        number=1,
        this_update=NOW,
        next_update=NOW + timedelta(days=1),
        distribution_point=ca.config.crl_url(shard),
    )


@pytest.mark.spec("D1")
def test_names_and_years_are_the_settings(tmp_path):
    """As policy says them; settings of before, without names, call a CA after its folder."""
    wanted = config(root_name="示範 Root CA", issuing_name="示範 Issuing CA", root_years=3, issuing_years=2)
    create_ca(tmp_path / "demo", wanted, passphrase=PASSPHRASE, now=NOW)
    ca = open_ca(tmp_path / "demo", PASSPHRASE)
    assert ca.config == wanted
    found = [x509.load_der_x509_certificate(each) for each in ca.chain()]
    names = [each.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for each in found]
    assert names == ["示範 Issuing CA", "示範 Root CA"]
    years = [round((each.not_valid_after_utc - NOW).total_seconds() / 86400 / 365.25, 3) for each in found]
    assert years == [2, 3]
    assert config().ca_name("Issuing").common_name == "demo Issuing CA"
    assert wanted.ca_name("OCSP").common_name == "示範 OCSP Responder"


@pytest.mark.spec("D1", "D3")
@pytest.mark.interop
@pytest.mark.parametrize("ca_key", CA_KEYS)
@pytest.mark.parametrize("key", [KeyType.P256, KeyType.RSA2048])
def test_openssl_verifies_strictly_with_crls_of_the_whole_chain(cas, tmp_path, ca_key, key):
    _, ca = cas(ca_key)
    issued, revoked = ca.issue(ca.prepare([request("a", spki=spki(key)), request("b", spki=spki(key))]))
    assert isinstance(issued, Issued)
    entry = RevokedEntry(revoked.serial, NOW, Reason.KEY_COMPROMISE)
    crls = tmp_path / "crls.pem"
    own = revoked.serial % ca.config.shards
    shards = (crl_of(ca, shard, [entry] if shard == own else []) for shard in range(ca.config.shards))
    encoded = [ca.publication.root_crl, *shards]
    crls.write_text("".join(openssl("crl", "-inform", "DER", data=crl) for crl in encoded))
    root, issuing = pem(tmp_path / "root", ca.chain()[1]), pem(tmp_path / "issuing", ca.chain()[0])
    options = ["-x509_strict", "-crl_check_all", "-CRLfile", crls, "-CAfile", root, "-untrusted", issuing]
    options += ["-policy_check", "-explicit_policy", "-policy", ca.config.profiles[0].policies[0]]
    good, bad = pem(tmp_path / "good", issued.certificate), pem(tmp_path / "bad", revoked.certificate)
    assert "OK" in openssl("verify", *options, good)
    assert "certificate revoked" in openssl("verify", *options, bad, check=False)


@pytest.mark.spec("D1")
@pytest.mark.parametrize("ca_key", CA_KEYS)
def test_pkilint_has_nothing_to_say_about_anything_that_a_ca_publishes(cas, ca_key):
    _, ca = cas(ca_key)
    [issued] = ca.issue(ca.prepare([request()]))
    published = ca.publication
    for certificate in (*ca.chain(), published.responder_certificate, issued.certificate):
        assert lint(certificate) == ()


@pytest.mark.spec("D1")
def test_cryptographys_path_validation_accepts_the_chain(ca):
    [issued] = ca.issue(ca.prepare([request()]))
    leaf, issuing, root = map(x509.load_der_x509_certificate, (issued.certificate, *issued.chain))
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length is None
    assert issuing.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert issuing.not_valid_after_utc - NOW > timedelta(days=3650)
    assert root.not_valid_after_utc - NOW > timedelta(days=7300)
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    leaf_policy = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.CRITICAL, None)
    verifier = (
        PolicyBuilder()
        .store(Store([root]))
        .time(NOW)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=leaf_policy)
        .build_client_verifier()
    )
    assert len(verifier.verify(leaf, [issuing]).chain) == 3


@pytest.mark.spec("D3")
def test_the_responder_is_delegated_and_need_not_be_checked(ca):
    responder = x509.load_der_x509_certificate(ca.publication.responder_certificate)
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [use.dotted_string for use in usage] == ["1.3.6.1.5.5.7.3.9"]
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert responder.not_valid_after_utc - NOW <= timedelta(days=365)


def test_an_existing_ca_is_never_overwritten(ca_directory):
    before = (ca_directory / "root.key").read_bytes()
    with pytest.raises(CaError, match="exists"):
        create_ca(ca_directory, config(), passphrase=PASSPHRASE, now=NOW)
    assert (ca_directory / "root.key").read_bytes() == before


def test_a_folder_must_be_named_as_its_ca(tmp_path):
    with pytest.raises(CaError, match="name"):
        create_ca(tmp_path / "other", config(), passphrase=PASSPHRASE, now=NOW)


@pytest.fixture
def own_ca(ca_directory, tmp_path):
    """A CA that the test may damage."""
    return copytree(ca_directory, tmp_path / "demo")


@pytest.fixture
def other_ca(tmp_path):
    directory = tmp_path / "other" / "demo"
    create_ca(directory, config(), passphrase=PASSPHRASE, now=NOW)
    return directory


@pytest.mark.spec("D9")
def test_maintenance_renews_what_ends_and_nothing_else(own_ca):
    assert maintain_ca(own_ca, passphrase=PASSPHRASE, now=NOW + timedelta(days=300)) == ()
    later = NOW + timedelta(days=320)
    old = read_certificate(own_ca / "ocsp.crt")
    assert maintain_ca(own_ca, passphrase=PASSPHRASE, now=later) == ("ocsp.crt", "root.crl")
    new = read_certificate(own_ca / "ocsp.crt")
    assert new.public_key() == old.public_key()
    assert new.not_valid_after_utc > old.not_valid_after_utc
    assert maintain_ca(own_ca, passphrase=PASSPHRASE, now=later) == ()
    open_ca(own_ca, PASSPHRASE, lint=False)


def test_a_revoked_issuing_ca_is_on_the_roots_crl(own_ca):
    issuing = read_certificate(own_ca / "issuing.crt")
    revoked = RevokedCa(issuing.serial_number, NOW, Reason.CA_COMPROMISE)
    assert maintain_ca(own_ca, passphrase=PASSPHRASE, now=NOW, revoked=[revoked]) == ("root.crl",)
    crl = x509.load_der_x509_crl((own_ca / "root.crl").read_bytes())
    assert crl.is_signature_valid(read_certificate(own_ca / "root.crt").public_key())
    entry = crl.get_revoked_certificate_by_serial_number(issuing.serial_number)
    assert (
        entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        == x509.ReasonFlags.ca_compromise
    )


@pytest.mark.spec("D1")
def test_issuing_needs_no_root_key(own_ca):
    (own_ca / "root.key").unlink()
    ca = open_ca(own_ca, PASSPHRASE)
    [issued] = ca.issue(ca.prepare([request()]))
    assert isinstance(issued, Issued)
    assert maintain_ca(own_ca, passphrase=PASSPHRASE, now=NOW + timedelta(days=320)) == ("ocsp.crt",)


@pytest.mark.parametrize("name", ["issuing", "ocsp"])
def test_a_key_of_another_certificate_is_noticed(own_ca, other_ca, name):
    (own_ca / f"{name}.key").write_bytes((other_ca / f"{name}.key").read_bytes())
    with pytest.raises(CaError, match="does not belong"):
        open_ca(own_ca, PASSPHRASE)


def test_a_chain_of_another_root_is_noticed(own_ca, other_ca):
    (own_ca / "root.crt").write_bytes((other_ca / "root.crt").read_bytes())
    with pytest.raises(CaError, match="not issued"):
        open_ca(own_ca, PASSPHRASE)


@pytest.mark.parametrize(
    "name", ["ca.toml", "root.crt", "issuing.crt", "ocsp.crt", "issuing.key", "root.crl"]
)
def test_a_missing_file_is_named(own_ca, name):
    (own_ca / name).unlink()
    with pytest.raises(CaError, match=name) as caught:
        open_ca(own_ca, PASSPHRASE)
    assert caught.value.code == "ca.missing"


def test_certificates_are_kept_as_pem(ca, ca_directory):
    root = read_certificate(ca_directory / "root.crt")
    assert root.public_bytes(Encoding.DER) == ca.chain()[1]
