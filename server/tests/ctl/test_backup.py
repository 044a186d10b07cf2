"""`certcenterctl backup` and `restore`: whole or not at all, on both engines (SPEC D9)."""

import io
import json
import shutil
import stat
import tarfile

import pytest

from certcenter.ctl import archive
from certcenter.ctl.archive import NotABackup

from .conftest import home_of, invoke, invoke_killed

pytestmark = pytest.mark.spec("D9")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

LIST = (
    "from certcenter.identity.models import Customer; from certcenter.audit.models import AuditEvent;"
    "print(list(Customer.objects.values_list('national_id', flat=True)), AuditEvent.objects.count())"
)


def listing(engine, environment):
    return engine.run(LIST, **environment).stdout


@pytest.fixture
def saved(centre, ctl, tmp_path):
    """A backup file of the centre."""
    file = tmp_path / "centre.tar"
    result = ctl("backup", file)
    assert result.returncode == 0, result.stderr
    return file


def test_a_restored_centre_is_the_same_and_its_history_verifies(centre, saved, elsewhere):
    engine, _customer = centre
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    result = invoke(elsewhere, "restore", saved)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "in order 正確" in result.stdout
    home = home_of(elsewhere)
    assert (home / "ca/demo/root.crt").read_text() == "a CA's file\n"
    assert (home / "secrets/pepper").read_text() == engine.secrets["pepper"]
    assert stat.S_IMODE((home / "secrets/pepper").stat().st_mode) == 0o600
    secrets = {f"CERTCENTER_{name.upper()}": "" for name in engine.secrets}
    # The count differs by what the verification itself recorded: nothing.
    assert listing(engine, {**elsewhere, **secrets}).split("]")[0] == "['A123456789'"
    assert not list(home.parent.glob(".home.*"))


@pytest.mark.spec("D4.1")
def test_who_signs_the_mail_comes_back(centre, ctl, elsewhere, tmp_path):
    engine, _customer = centre
    signer = engine.home / "secrets/mail-demo.pem"
    signer.parent.mkdir(exist_ok=True)
    signer.write_text("a mail signer's file\n")
    file = tmp_path / "centre.tar"
    assert ctl("backup", file).returncode == 0
    assert invoke(elsewhere, "restore", file).returncode == 0
    restored = home_of(elsewhere) / "secrets/mail-demo.pem"
    assert restored.read_text() == "a mail signer's file\n"
    assert stat.S_IMODE(restored.stat().st_mode) == 0o600


def test_the_password_still_fits_after_a_restore(centre, saved, elsewhere):
    engine, _customer = centre
    assert invoke(elsewhere, "restore", saved).returncode == 0
    code = (
        "from certcenter.passwords import hashing; from certcenter.passwords.models import Credential;"
        "c = Credential.objects.get(); print(hashing.verify(hashing.Hashed(c.hash, c.pepper_id), 'Rope7352'))"
    )
    secrets = {f"CERTCENTER_{name.upper()}": "" for name in engine.secrets}
    assert engine.run(code, **{**elsewhere, **secrets}).stdout == "True\n"


def test_a_file_that_exists_is_not_overwritten(centre, ctl, tmp_path):
    file = tmp_path / "centre.tar"
    file.write_text("precious")
    result = ctl("backup", file)
    assert result.returncode == 1
    assert "檔案已存在" in result.stderr
    assert file.read_text() == "precious"


def test_without_secrets(centre, ctl, tmp_path):
    file = tmp_path / "centre.tar"
    result = ctl("backup", file, "--without-secrets")
    assert result.returncode == 0
    assert "WITHOUT the secrets" in result.stderr
    assert not [name for name in archive.check(file).files if name.startswith("secrets/")]


def test_a_home_in_use_is_refused(centre, saved, elsewhere):
    home = home_of(elsewhere)
    home.mkdir()
    (home / "something").write_text("of mine")
    result = invoke(elsewhere, "restore", saved)
    assert result.returncode == 1
    assert "資料夾不是空的" in result.stderr
    assert [path.name for path in home.iterdir()] == ["something"]


def test_a_database_in_use_is_refused(centre, saved, elsewhere):
    engine, _customer = centre
    if engine.vendor == "sqlite":
        pytest.skip("an SQLite database lies in the home")
    result = invoke({**elsewhere, "CERTCENTER_DATABASE_URL": engine.database_url}, "restore", saved)
    assert result.returncode == 1
    assert "資料庫不是空的" in result.stderr
    assert not home_of(elsewhere).exists()


def test_the_other_engine_is_refused(centre, saved, elsewhere):
    engine, _customer = centre
    url = "postgresql://nobody@127.0.0.1:9/none" if engine.vendor == "sqlite" else "sqlite"
    result = invoke({**elsewhere, "CERTCENTER_DATABASE_URL": url}, "restore", saved)
    assert result.returncode == 1
    assert "資料庫種類不同" in result.stderr
    assert not home_of(elsewhere).exists()


@needs_strace
@pytest.mark.parametrize(("syscall", "number"), [("fsync", 1), ("rename", 1)])
def test_a_killed_backup_leaves_no_half_file(centre, tmp_path, syscall, number):
    engine, _customer = centre
    file = tmp_path / "killed.tar"
    assert invoke_killed(engine.environment(), syscall, number, "backup", file)
    if file.exists():  # after the rename it is whole
        archive.check(file)
        file.unlink()
    assert invoke(engine.environment(), "backup", file).returncode == 0
    assert not list(tmp_path.glob(".*unfinished"))


@needs_strace
@pytest.mark.parametrize(("syscall", "number"), [("fsync", 1), ("fsync", 6), ("rename", 1)])
def test_a_killed_restore_leaves_no_half_home_and_is_repeated(centre, saved, elsewhere, syscall, number):
    """The first rename comes, on PostgreSQL, when the database is filled and the home is not there yet."""
    home = home_of(elsewhere)
    assert invoke_killed(elsewhere, syscall, number, "restore", saved)
    assert not home.exists()
    result = invoke(elsewhere, "restore", saved)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (home / "secrets/pepper").exists()
    assert not (home / "database").exists()


class TestTheFile:
    """The format alone, without a centre."""

    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "a.tar"
        members = {"database": b"rows", "ca/x/root.crt": b"cert"}
        with path.open("wb") as out:
            archive.write(out, members, version="0.1.0", created="now", engine="sqlite")
        return path

    def test_whole(self, file, tmp_path):
        manifest = archive.check(file)
        archive.extract(file, tmp_path / "out", manifest)
        assert (tmp_path / "out/ca/x/root.crt").read_bytes() == b"cert"

    def test_every_changed_byte_of_content_is_seen(self, file):
        whole = file.read_bytes()
        for at in (whole.index(b"rows"), whole.index(b"cert")):
            file.write_bytes(whole[:at] + b"X" + whole[at + 1 :])
            with pytest.raises(NotABackup, match="manifest"):
                archive.check(file)

    def test_every_cut_is_seen(self, file):
        whole = file.read_bytes()
        end = whole.index(b"}", whole.rindex(b'"files"')) + 1
        for length in range(0, end, 97):
            file.write_bytes(whole[:length])
            with pytest.raises(NotABackup):
                archive.check(file)

    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "/etc/passwd",
            "ca/../../evil",
            "ca/./x",
            "home/.ssh/keys",
            "secrets",
            "ca/.hidden",
            "ca//x",
        ],
    )
    def test_names_that_lead_elsewhere(self, tmp_path, name):
        path = forged(tmp_path, [(name, b"x")])
        with pytest.raises(NotABackup, match="has no place"):
            archive.check(path)

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
    def test_links_and_devices(self, tmp_path, kind):
        path = forged(tmp_path, [("ca/x", b"")], kind=kind)
        with pytest.raises(NotABackup, match="has no place"):
            archive.check(path)

    def test_doubled_members(self, tmp_path):
        path = forged(tmp_path, [("ca/x", b"1"), ("ca/x", b"2")])
        with pytest.raises(NotABackup, match="has no place"):
            archive.check(path)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 5000])
    def test_something_else(self, tmp_path, content):
        path = tmp_path / "other.tar"
        path.write_bytes(content)
        with pytest.raises(NotABackup):
            archive.check(path)

    @pytest.mark.parametrize(
        "values", [[], {"format": "x"}, {"format": archive.FORMAT, "version": 99}, {"format": archive.FORMAT}]
    )
    def test_manifests_of_others(self, values):
        with pytest.raises(NotABackup):
            archive.Manifest.from_json(json.dumps(values).encode())


def forged(folder, members, kind=tarfile.REGTYPE):
    path = folder / "forged.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, len(content), "/etc/passwd"
            tar.addfile(entry, io.BytesIO(content))
    return path
