"""The disk store's own files in other people's programs, and theirs in the store (SPEC E11, A6, A7)."""

import os
import shutil
import subprocess

import pytest
from sdk.tests.pki import NOW, key_pem, pem
from sdk.tests.stores import IDENTITY, KINDS, PASSWORD, installed, open_store

from certcenter_sdk import keys, pfx
from certcenter_sdk.keys import KeyType
from certcenter_sdk.store import SecurityMode

pytestmark = pytest.mark.interop


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def store(tmp_path):
    return open_store("pfxdir", tmp_path / "憑證 資料夾", iterations=pfx.KEY_ITERATIONS)


@pytest.fixture(params=[("helper", KeyType.P256), ("pfxdir", KeyType.RSA2048)], ids=KINDS)
def file(request, tmp_path, issuing, root):
    """A file of the store as it lies there after a whole life, with all its iterations."""
    kind, key_type = request.param
    store = open_store(kind, tmp_path / "憑證 資料夾", iterations=pfx.KEY_ITERATIONS)
    return installed(store, issuing, root, now=NOW, key_type=key_type).path


@pytest.mark.spec("E11", "A6")
def test_openssl_keytool_and_nss_read_the_stores_file(file, tmp_path):
    read = run("openssl", "pkcs12", "-in", file, "-nodes", "-passin", f"pass:{PASSWORD}")
    assert read.count(b"BEGIN CERTIFICATE") == 2
    assert read.count(b"BEGIN PRIVATE KEY") == 1
    algorithms = subprocess.run(
        ["openssl", "pkcs12", "-info", "-noout", "-in", file, "-passin", f"pass:{PASSWORD}"],
        check=True, capture_output=True, timeout=60,
    ).stderr.decode()  # fmt: skip
    assert "AES-256-CBC" in algorithms
    assert "hmacWithSHA256" in algorithms
    copy = tmp_path / "copy.p12"
    shutil.copy(file, copy)  # keytool reads names in the locale's characters alone
    listed = run("keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", copy, "-storepass", PASSWORD)
    assert b"PrivateKeyEntry" in listed
    assert f"CN={IDENTITY}".encode() in listed
    run("certutil", "-N", "-d", tmp_path, "--empty-password")
    run("pk12util", "-i", copy, "-d", tmp_path, "-W", PASSWORD)
    assert b"u,u,u" in run("certutil", "-L", "-d", tmp_path)


FORMS = {
    "openssl": [],
    "openssl-legacy-rc2": ["-legacy"],
    "windows-3des": [
        "-certpbe",
        "PBE-SHA1-3DES",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
        "-iter",
        "2000",
    ],
    "windows-aes": [
        "-certpbe",
        "AES-256-CBC",
        "-keypbe",
        "AES-256-CBC",
        "-macalg",
        "sha256",
        "-iter",
        "2000",
    ],
}


@pytest.mark.spec("E11", "A7", "A11")
@pytest.mark.parametrize("form", FORMS)
def test_files_of_openssl_and_of_windows_kind_are_imported(store, issuing, tmp_path, form):
    """Windows names its bags: the provider's attribute (-CSP) and a localKeyId are in all of its exports."""
    key = keys.generate()
    certificate = issuing.issue(key, f"{IDENTITY}-00-000003")
    source, file = tmp_path / "all.pem", tmp_path / "theirs.pfx"
    source.write_bytes(key_pem(key) + pem(certificate, issuing.certificate))
    command = ["openssl", "pkcs12", "-export", "-in", source, "-out", file, "-passout", f"pass:{PASSWORD}"]
    named = ["-name", "le-4e1d{憑證}", "-CSP", "Microsoft Enhanced Cryptographic Provider v1.0"]
    run(*command, *FORMS[form], *(named if form.startswith("windows") else ()))
    entry = store.import_pfx(file.read_bytes(), PASSWORD, security=SecurityMode.EVERY_ORDER)
    assert entry.certificate == certificate
    assert store.security() is SecurityMode.EVERY_ORDER
    assert b"AES-256-CBC" in subprocess.run(
        ["openssl", "pkcs12", "-info", "-noout", "-in", entry.path, "-passin", f"pass:{PASSWORD}"],
        check=True, capture_output=True, timeout=60,
    ).stderr, "written anew by E11, whatever it was"  # fmt: skip


@pytest.mark.spec("E11", "A7")
def test_files_of_java_and_nss_are_imported(store, tmp_path, issuing, root):
    java = tmp_path / "java.p12"
    run(
        *("keytool", "-genkeypair", "-alias", "x", "-keyalg", "EC", "-groupname", "secp256r1"),
        *(
            "-dname",
            f"CN={IDENTITY}-00-000004",
            "-keystore",
            java,
            "-storepass",
            PASSWORD,
            "-storetype",
            "PKCS12",
        ),
    )
    assert store.import_pfx(java.read_bytes(), PASSWORD).common_name == f"{IDENTITY}-00-000004"
    ours, nss = tmp_path / "ours.pfx", tmp_path / "nss.p12"
    elsewhere = open_store("helper", tmp_path / "elsewhere", iterations=pfx.KEY_ITERATIONS)
    entry = installed(elsewhere, issuing, root, now=NOW)
    ours.write_bytes(elsewhere.export(entry, PASSWORD))
    run("certutil", "-N", "-d", tmp_path, "--empty-password")
    run("pk12util", "-i", ours, "-d", tmp_path, "-W", PASSWORD)
    stem = entry.issued.export_file_name.removesuffix(".pfx")
    out = subprocess.run(
        ["pk12util", "-o", nss, "-n", stem, "-d", tmp_path, "-W", PASSWORD, "-K", ""],
        check=False, capture_output=True, timeout=60, env=os.environ,
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    assert store.import_pfx(nss.read_bytes(), PASSWORD).certificate == entry.certificate
