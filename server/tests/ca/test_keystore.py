"""Private keys in files: readable by others' programs with the passphrase, by nobody without, never half written."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from server.tests.ca.support import NOW, PASSPHRASE, config, openssl, private_key

from certcenter.ca.embedded import create_ca, open_ca
from certcenter.ca.embedded.keystore_file import (
    ITERATIONS,
    read_key,
    write_file,
    write_key,
)
from certcenter.ca.errors import CaError
from certcenter.ca.keys import KeyType, spki_of
from certcenter.ca.registry import CaRegistry


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "issuing.key"
    write_key(path, private_key(), PASSPHRASE)
    return path


@pytest.mark.spec("D1")
@pytest.mark.interop
def test_openssl_reads_the_key_and_sees_strong_encryption(key_file):
    secret = f"pass:{PASSPHRASE.get_secret_value()}"
    openssl("pkey", "-in", key_file, "-passin", secret, "-noout", "-check")
    structure = openssl("asn1parse", "-in", key_file)
    for word in ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", f":{ITERATIONS:06X}"):
        assert word in structure
    assert ITERATIONS >= 600_000


@pytest.mark.spec("D1")
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_what_was_written_is_read(tmp_path, key_type):
    key = private_key(key_type)
    write_key(tmp_path / "a.key", key, PASSPHRASE)
    assert spki_of(read_key(tmp_path / "a.key", PASSPHRASE).public_key) == spki_of(key.public_key())


@pytest.mark.spec("D1")
def test_only_the_owner_may_read_it_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        write_key(tmp_path / "a.key", private_key(), PASSPHRASE)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


@pytest.mark.spec("D1")
def test_a_key_is_never_open_to_others_not_even_while_it_is_written(tmp_path, monkeypatch):
    modes, real = [], os.fchmod

    def watch(descriptor, mode):
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        real(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", watch)
    old = os.umask(0)
    try:
        write_file(tmp_path / "a.key", b"x", mode=0o600)
    finally:
        os.umask(old)
    assert modes == [0o600]


def test_what_is_public_stays_readable_under_a_strict_umask(tmp_path):
    old = os.umask(0o077)
    try:
        write_file(tmp_path / "root.crt", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "root.crt").stat().st_mode) == 0o644


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_open_to_others_is_refused(tmp_path, key_file, mode):
    path = tmp_path / "open.key"
    path.write_bytes(key_file.read_bytes())
    path.chmod(mode)
    with pytest.raises(CaError, match="chmod 600") as caught:
        read_key(path, PASSPHRASE)
    assert caught.value.code == "ca.permissions"


def test_a_wrong_passphrase_says_so_and_tells_nothing_else(key_file):
    with pytest.raises(CaError, match="wrong passphrase") as caught:
        read_key(key_file, SecretStr("not the right one"))
    assert "not the right one" not in str(caught.value)


def test_a_key_never_shows_in_a_log(key_file):
    assert "private" not in repr(read_key(key_file, PASSPHRASE)).lower()


def test_a_short_passphrase_is_refused(tmp_path):
    with pytest.raises(CaError, match="at least 12"):
        write_key(tmp_path / "a.key", private_key(), SecretStr("short"))
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "ca.toml"
    write_file(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["ca.toml"]


CREATE = """
import sys
from pathlib import Path
from server.tests.ca.support import NOW, PASSPHRASE, config
from certcenter.ca.embedded import create_ca
create_ca(Path(sys.argv[1]), config(), passphrase=PASSPHRASE, now=NOW)
"""


def kill_at(call, number, directory):
    """Create a CA in another process and kill it at its n-th system call of this kind; True where it was killed."""
    roots = [str(Path(__file__).parents[3] / part) for part in (".", "server/src", "sdk/src")]
    command = [
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:signal=SIGKILL:when={number}",
    ]
    done = subprocess.run(
        [*command, sys.executable, "-c", CREATE, str(directory)],
        env={**os.environ, "PYTHONPATH": ":".join(roots)}, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode != 0


# The first key, the first certificate, the whole folder (its rename is the ninth: eight files before it); the rest is soak.
KILLS = [("rename", 1), ("rename", 9), ("fsync", 10)]
SOAK = [("rename", n) for n in range(2, 9)] + [("fsync", n) for n in range(1, 18) if n != 10]


@pytest.mark.spec("D1")
@pytest.mark.parametrize(
    ("call", "number"), [*KILLS, *(pytest.param(*kill, marks=pytest.mark.soak) for kill in SOAK)]
)
def test_a_kill_leaves_a_whole_ca_or_none(tmp_path, call, number):
    directory = tmp_path / "ca" / "demo"
    assert kill_at(call, number, directory), "the call was never reached"
    assert (directory / "ca.toml").exists() or not directory.exists()
    assert CaRegistry(tmp_path, PASSPHRASE).names() == (("demo",) if directory.exists() else ())
    if not directory.exists():
        create_ca(directory, config(), passphrase=PASSPHRASE, now=NOW)
    open_ca(directory, PASSPHRASE, lint=False)
