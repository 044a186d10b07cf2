"""PFX files written by SPEC E11 and read from anywhere."""

import contextlib
import os
import subprocess

import pytest
from asn1crypto import pkcs12 as asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk.tests.pki import key_pem, pem

from certcenter_sdk import der, keys, pfx
from certcenter_sdk.errors import PfxRefused

PASSWORD = "Secret42"


def refusal(data, password=PASSWORD):
    with pytest.raises(PfxRefused) as caught:
        pfx.read(data, password)
    return caught.value.code


@pytest.fixture(scope="module")
def p256_file(p256, issuing):
    return pfx.write(
        p256.key, p256.certificate, [issuing.certificate], PASSWORD, name="A120****53-示範(20271120)"
    )


def run(*command, **options):
    return subprocess.run(command, check=False, capture_output=True, timeout=60, **options)


def cheap(customer, chain=(), password=PASSWORD, key=None, certificate=None):
    """A PFX with few iterations, by cryptography."""
    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(10).hmac_hash(hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(
        b"x",
        key or customer.key,
        certificate or customer.certificate,
        chain,
        encryption.build(password.encode()),
    )


@pytest.mark.spec("E11", "A6", "A7")
def test_what_is_written_is_read(customer, issuing):
    data = pfx.write(customer.key, customer.certificate, [issuing.certificate], PASSWORD, name="備份")
    read = pfx.read(data, PASSWORD)
    assert keys.spki(read.key.public_key()) == keys.spki(customer.key.public_key())
    assert read.certificate == customer.certificate
    assert read.chain == (issuing.certificate,)
    assert read.name == "備份"


@pytest.mark.spec("E11")
def test_the_algorithms_are_those_of_e11(p256_file, p256):
    file = asn1.Pfx.load(p256_file, strict=True)
    mac = file["mac_data"]
    assert mac["mac"]["digest_algorithm"]["algorithm"].native == "sha256"
    assert mac["iterations"].native >= 100_000
    assert len(mac["mac_salt"].native) == 16
    encrypted, shrouded = file.authenticated_safe
    (bag,) = asn1.SafeContents.load(shrouded["content"].native)
    safe = encrypted["content"]["encrypted_content_info"]["content_encryption_algorithm"]
    for algorithm in (safe, bag["bag_value"]["encryption_algorithm"]):
        assert algorithm["algorithm"].native == "pbes2"
        assert algorithm["parameters"]["encryption_scheme"]["algorithm"].native == "aes256_cbc"
        derivation = algorithm["parameters"]["key_derivation_func"]["parameters"]
        assert derivation["prf"]["algorithm"].native == "sha256"
        assert derivation["iteration_count"].native == 600_000
        assert len(derivation["salt"].native) == 16
    attributes = {item["type"].native: item["values"].native for item in bag["bag_attributes"]}
    assert attributes["local_key_id"] == [p256.certificate.fingerprint(hashes.SHA1())]


def strict(element):
    """DER all the way down: sets in order, lengths minimal (der.read sees to that), nested octets too."""
    children = list(element.children()) if element.tag & 0x20 else []
    if element.tag == der.SET:
        assert [child.encoding for child in children] == sorted(child.encoding for child in children)
    if element.tag == der.OCTET_STRING and element.body[:1] == b"\x30":
        try:
            children = [der.read_whole(element.body, der.SEQUENCE)]
        except ValueError:
            children = []  # ciphertext that begins with 0x30
    for child in children:
        strict(child)


@pytest.mark.spec("E11")
@pytest.mark.parametrize("name", ["x", "很長的檔名" * 12])
def test_the_file_is_strict_der(p256, issuing, name):
    data = pfx.write(
        p256.key, p256.certificate, [issuing.certificate], PASSWORD, name=name, iterations=100_000
    )
    strict(der.read_whole(data, der.SEQUENCE))


@pytest.mark.spec("E11")
def test_the_compatible_form_is_3des_and_sha1_together_and_warns(p256, issuing):
    with pytest.warns(pfx.CompatiblePfxWarning):
        data = pfx.write(
            p256.key, p256.certificate, [issuing.certificate], PASSWORD, name="x", compatible=True
        )
    file = asn1.Pfx.load(data, strict=True)
    assert file["mac_data"]["mac"]["digest_algorithm"]["algorithm"].native == "sha1"
    safe = file.authenticated_safe[0]["content"]["encrypted_content_info"]["content_encryption_algorithm"]
    assert safe["algorithm"].native == "pkcs12_sha1_tripledes_3key"
    assert pfx.read(data, PASSWORD).certificate == p256.certificate


@pytest.mark.spec("E11")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-empty"),
        ("密碼1234", "password-not-ascii"),
        ("tab\there", "password-not-ascii"),
        ("A123456789", "password-forbidden"),
        ("a123456789", "password-forbidden"),
    ],
)
def test_passwords_that_are_refused_when_writing(p256, password, code):
    with pytest.raises(PfxRefused) as caught:
        pfx.write(p256.key, p256.certificate, [], password, name="x", forbidden=["A123456789"])
    assert caught.value.code == code


@pytest.mark.spec("E11")
def test_too_few_iterations_and_a_foreign_key_are_refused(p256, rsa2048):
    with pytest.raises(ValueError, match="100000"):
        pfx.write(p256.key, p256.certificate, [], PASSWORD, name="x", iterations=99_999)
    with pytest.raises(PfxRefused) as caught:
        pfx.write(rsa2048.key, p256.certificate, [], PASSWORD, name="x")
    assert caught.value.code == "key-mismatch"


@pytest.mark.spec("A7", "E10")
def test_errors_are_told_apart(p256, rsa2048, issuing, p256_file):
    assert refusal(p256_file, "secret42") == "wrong-password"
    assert refusal(p256_file, "") == "wrong-password"
    assert refusal(b"PK\x03\x04" + bytes(500)) == "not-a-pfx"
    assert refusal(b"") == "not-a-pfx"
    assert refusal(pem(p256.certificate)) == "not-a-pfx"
    assert refusal(p256_file[:-1]) == "not-a-pfx"
    assert refusal(p256_file + b"\0") == "not-a-pfx"
    assert refusal(bytes(50_000_000)) == "too-large"
    no_key = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(p256.certificate, b"x")], BestAvailableEncryption(PASSWORD.encode())
    )
    assert refusal(no_key) == "no-private-key"
    other = ed25519.Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(PASSWORD.encode())
    assert refusal(pkcs12.serialize_key_and_certificates(b"x", other, None, None, encryption)) == "key-type"
    lonely = pkcs12.serialize_key_and_certificates(b"x", p256.key, None, None, encryption)
    assert refusal(lonely) == "no-certificate"
    foreign = pkcs12.serialize_key_and_certificates(b"x", p256.key, None, [rsa2048.certificate], encryption)
    assert refusal(foreign) == "key-mismatch"


def remade(data, change, password=PASSWORD):
    """The file after `change`, with a MAC that fits again."""
    file = asn1.Pfx.load(data, strict=True)
    change(file)
    return pfx._with_new_mac(file.dump(force=True), password)


@pytest.mark.spec("A7", "E10")
def test_several_keys_are_refused(p256):
    def doubled(file):
        safes = file.authenticated_safe
        bags = asn1.SafeContents.load(safes[1]["content"].native)
        bags.append(bags[0].copy())
        safes[1]["content"] = bags.dump(force=True)
        file["auth_safe"]["content"] = safes.dump(force=True)

    assert refusal(remade(cheap(p256), doubled)) == "several-keys"


@pytest.mark.spec("E10")
def test_absurd_iteration_counts_are_refused_before_they_are_run(p256):
    def costly_mac(file):
        file["mac_data"]["iterations"] = 2**31

    def costly_key(file):
        safes = file.authenticated_safe
        bags = asn1.SafeContents.load(safes[1]["content"].native)
        derivation = bags[0]["bag_value"]["encryption_algorithm"]["parameters"]["key_derivation_func"]
        derivation["parameters"]["iteration_count"] = 2**31
        safes[1]["content"] = bags.dump(force=True)
        file["auth_safe"]["content"] = safes.dump(force=True)

    file = asn1.Pfx.load(cheap(p256))
    costly_mac(file)
    assert refusal(file.dump(force=True)) == "too-expensive"
    assert refusal(remade(cheap(p256), costly_key)) == "too-expensive"


@pytest.mark.spec("A7", "E10")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_raises_nothing_else(p256, data):
    file = bytearray(cheap(p256))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(file) - 1))
        file[position] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(PfxRefused):
        pfx.read(bytes(file), PASSWORD)


@pytest.mark.interop
@pytest.mark.spec("E11", "A6")
def test_openssl_keytool_and_nss_read_ours(customer, issuing, tmp_path):
    file = tmp_path / "ours.pfx"
    file.write_bytes(
        pfx.write(customer.key, customer.certificate, [issuing.certificate], PASSWORD, name="示範 x")
    )
    read = run("openssl", "pkcs12", "-in", file, "-nodes", "-passin", f"pass:{PASSWORD}")
    assert read.returncode == 0, read.stderr
    assert read.stdout.count(b"BEGIN CERTIFICATE") == 2
    assert read.stdout.count(b"BEGIN PRIVATE KEY") == 1
    listed = run("keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", file, "-storepass", PASSWORD)
    assert listed.returncode == 0, listed.stdout
    assert b"PrivateKeyEntry" in listed.stdout
    assert b"Certificate chain length: 2" in listed.stdout
    assert run("certutil", "-N", "-d", tmp_path, "--empty-password").returncode == 0
    imported = run("pk12util", "-i", file, "-d", tmp_path, "-W", PASSWORD)
    assert imported.returncode == 0, imported.stderr
    assert b"u,u,u" in run("certutil", "-L", "-d", tmp_path).stdout


@pytest.mark.interop
@pytest.mark.spec("E11")
def test_openssl_and_keytool_read_the_compatible_form(p256, issuing, tmp_path):
    file = tmp_path / "old.pfx"
    with pytest.warns(pfx.CompatiblePfxWarning):
        file.write_bytes(
            pfx.write(p256.key, p256.certificate, [issuing.certificate], PASSWORD, name="x", compatible=True)
        )
    assert run("openssl", "pkcs12", "-in", file, "-nodes", "-passin", f"pass:{PASSWORD}").returncode == 0
    assert run("keytool", "-list", "-keystore", file, "-storepass", PASSWORD).returncode == 0


OPENSSL_FORMS = [
    [],
    ["-legacy"],
    ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    ["-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha512", "-iter", "5000"],
]


@pytest.mark.interop
@pytest.mark.spec("E11", "A7")
@pytest.mark.parametrize("options", OPENSSL_FORMS)
def test_openssls_files_are_read(customer, issuing, tmp_path, options):
    source = tmp_path / "all.pem"
    source.write_bytes(key_pem(customer.key) + pem(customer.certificate, issuing.certificate))
    file = tmp_path / "theirs.pfx"
    made = run(
        "openssl", "pkcs12", "-export", "-in", source, "-out", file, "-passout", f"pass:{PASSWORD}", *options
    )
    assert made.returncode == 0, made.stderr
    read = pfx.read(file.read_bytes(), PASSWORD)
    assert read.certificate == customer.certificate
    assert read.chain == (issuing.certificate,)
    assert refusal(file.read_bytes(), "Secret43") == "wrong-password"


@pytest.mark.interop
@pytest.mark.spec("E11", "A7")
def test_a_file_without_a_mac_is_refused(p256, tmp_path):
    source = tmp_path / "all.pem"
    source.write_bytes(key_pem(p256.key) + pem(p256.certificate))
    file = tmp_path / "x.pfx"
    command = ["openssl", "pkcs12", "-export", "-nomac", "-in", source, "-out", file, "-passout", "pass:x"]
    assert run(*command).returncode == 0
    assert refusal(file.read_bytes(), "x") == "no-mac"


@pytest.mark.interop
@pytest.mark.spec("E11", "A7")
def test_keytools_and_nss_files_are_read(tmp_path, p256, issuing):
    store = tmp_path / "java.p12"
    made = run(
        *("keytool", "-genkeypair", "-alias", "x", "-keyalg", "EC", "-groupname", "secp256r1"),
        *("-dname", "CN=x", "-keystore", store, "-storepass", PASSWORD, "-storetype", "PKCS12"),
    )
    assert made.returncode == 0, made.stdout
    assert pfx.read(store.read_bytes(), PASSWORD).name == "x"
    ours, theirs = tmp_path / "ours.pfx", tmp_path / "nss.p12"
    ours.write_bytes(pfx.write(p256.key, p256.certificate, [issuing.certificate], PASSWORD, name="nss"))
    run("certutil", "-N", "-d", tmp_path, "--empty-password")
    run("pk12util", "-i", ours, "-d", tmp_path, "-W", PASSWORD)
    out = run("pk12util", "-o", theirs, "-n", "nss", "-d", tmp_path, "-W", PASSWORD, "-K", "", env=os.environ)
    assert out.returncode == 0, out.stderr
    assert pfx.read(theirs.read_bytes(), PASSWORD).certificate == p256.certificate
