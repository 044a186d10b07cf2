"""The key store on disk: a key's way to its certificate, and what can be done with it."""

import os
import re
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sdk.tests.pki import NOW, ORDER_FIELDS, key_pem
from sdk.tests.stores import (
    IDENTITY,
    PASSWORD,
    certify,
    installed,
    issue,
    location,
    open_store,
    refusal,
)

from certcenter_sdk import cms, keys, pfx
from certcenter_sdk.advice import ADVICE
from certcenter_sdk.errors import ChainRefused, PfxRefused, StoreRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.store import Standing, State, pfxdir_location
from certcenter_sdk.store import files as store_files

pytestmark = pytest.mark.usefixtures("few_iterations")
ORDER = Order(**ORDER_FIELDS)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.spec("A3", "E11")
def test_from_key_to_certificate(store, kind, issuing, root, tmp_path):
    record = store.new_key(PASSWORD)
    assert record.state is State.GENERATED
    assert store.submitted(record.request).state is State.SUBMITTED
    record = issue(store, record, issuing, root)
    assert record.state is State.ISSUED
    entry = store.install(record.request, PASSWORD, now=NOW)
    assert entry.standing is Standing.INSTALLED
    assert store.pending()[0].state is State.INSTALLED
    entry = store.acknowledged(record.request)
    assert entry.standing is Standing.ACTIVE
    assert store.pending() == ()
    assert store.current() == entry
    if kind == "pfxdir":
        assert entry.path == tmp_path / "使用者 王小明" / "BTS" / f"{IDENTITY}.pfx"
    read = pfx.read(entry.path.read_bytes(), PASSWORD)
    assert read.certificate == entry.certificate
    assert read.chain == (issuing.certificate,)
    signature = store.unlock(entry, PASSWORD).sign(ORDER)
    assert cms.verify_detached(ORDER.canonical(), signature).certificate == entry.certificate


@pytest.mark.spec("A3")
def test_the_key_is_never_on_the_disk_in_the_clear(store, tmp_path):
    record = store.new_key(PASSWORD)
    key = store.open_pending(record.request, PASSWORD)
    scalar = key.private_numbers().private_value.to_bytes(32)
    body = b"".join(key_pem(key).splitlines()[1:-1])
    for data in contents(tmp_path).values():
        assert scalar not in data
        assert body[:40] not in data
        assert scalar.hex().encode() not in data.lower()
        assert PASSWORD.encode() not in data
    assert refusal(store.open_pending, record.request, "secret42") == "wrong-password"


@pytest.mark.spec("A3")
def test_a_record_that_was_changed_does_not_open(store):
    record = store.new_key(PASSWORD)
    path = store.shelf.pending_folder / f"{record.request}.json"
    other = store.new_key(PASSWORD)
    path.write_bytes(path.read_bytes().replace(record.spki_sha256.encode(), other.spki_sha256.encode()))
    assert refusal(store.open_pending, record.request, PASSWORD) == "wrong-password"
    path.write_bytes(path.read_bytes()[:-40])
    assert [each.code for each in store.damaged()] == ["damaged"]
    assert [each.request for each in store.pending()] == [other.request], "the others are still there"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.spec("A3")
def test_only_the_owner_may_look(store, life, tmp_path):
    life()
    store.new_key(PASSWORD)
    store.shelf.pending_folder.chmod(0o755)  # as after a restore
    store.new_key(PASSWORD)
    top = next(tmp_path.iterdir())
    for path in [top, *top.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.spec("A4")
def test_renewal_keeps_the_old_one_working_until_the_centre_knows(store, issuing, root, life):
    old = life()
    record = store.new_key("Another7", kind="renew", replaces=old)
    assert store.current() == old
    issue(store, record, issuing, root)
    new = store.install(record.request, "Another7", now=NOW)
    now_current = store.current()
    assert now_current.spki_sha256 == old.spki_sha256, "the centre has not heard of the new one"
    store.unlock(now_current, PASSWORD).sign(ORDER)
    assert new.standing is Standing.INSTALLED
    new = store.acknowledged(record.request)
    assert store.current() == new
    standings = {entry.spki_sha256: entry.standing for entry in store.certificates()}
    assert standings == {new.spki_sha256: Standing.ACTIVE, old.spki_sha256: Standing.REPLACED}
    kept = store.find(old.spki_sha256)
    assert kept.path.parent == store.shelf.replaced_folder
    assert pfx.read(kept.path.read_bytes(), PASSWORD).certificate == old.certificate


@pytest.mark.spec("A9")
def test_wrong_certificates_are_not_even_written_down(store, issuing, root, tmp_path):
    record = store.new_key(PASSWORD)
    before = contents(tmp_path)
    foreign = issuing.issue(keys.generate(), f"{IDENTITY}-00-000001")
    chain = [issuing.certificate, root.certificate]
    assert refusal(store.issued, record.request, foreign, chain, export_file_name="x.pfx") == "key-mismatch"
    theirs = certify(record, issuing, common_name="B123456780-00-000001")
    assert refusal(store.issued, record.request, theirs, chain, export_file_name="x.pfx") == "not-yours"
    longer = certify(record, issuing, common_name=f"{IDENTITY}0")
    assert refusal(store.issued, record.request, longer, chain, export_file_name="x.pfx") == "not-yours"
    assert contents(tmp_path) == before
    assert refusal(store.install, record.request, PASSWORD, now=NOW) == "not-issued"
    assert refusal(store.acknowledged, record.request) == "not-issued"


@pytest.mark.spec("A9")
def test_clock_and_chain_are_looked_at(store, issuing, root, rsa2048):
    record = store.new_key(PASSWORD)
    issue(store, record, issuing, root)
    with pytest.raises(ChainRefused) as caught:
        store.install(record.request, PASSWORD, now=NOW - timedelta(days=1))
    assert caught.value.code == "not-yet-valid"
    with pytest.raises(ChainRefused) as caught:
        store.install(record.request, PASSWORD, now=NOW + timedelta(days=366))
    assert caught.value.code == "expired"
    from sdk.tests.pki import new_root

    assert (
        refusal(store.install, record.request, PASSWORD, now=NOW, roots=[new_root().certificate])
        == "untrusted"
    )
    assert store.pending()[0].state is State.ISSUED
    store.install(record.request, PASSWORD, now=NOW, roots=[root.certificate])


@pytest.mark.spec("A9", "E8")
def test_every_step_can_be_repeated(store, issuing, root):
    record = store.new_key(PASSWORD)
    for _ in range(2):
        store.submitted(record.request)
    for _ in range(2):
        issue(store, record, issuing, root)
    assert store.submitted(record.request).state is State.ISSUED
    first = store.install(record.request, PASSWORD, now=NOW)
    assert store.install(record.request, PASSWORD, now=NOW) == first
    again = store.acknowledged(record.request)
    assert store.acknowledged(record.request) == again
    assert store.install(record.request, "whatever", now=NOW) == again
    assert refusal(store.open_pending, record.request, "Secret43") == "no-key"


@pytest.mark.spec("A9")
def test_a_file_that_went_away_is_made_again_until_the_centre_knows(store, issuing, root):
    record = store.new_key(PASSWORD)
    issue(store, record, issuing, root)
    entry = store.install(record.request, PASSWORD, now=NOW)
    entry.path.write_bytes(entry.path.read_bytes()[:100])
    assert [each.code for each in store.damaged()] == ["unknown"]
    entry = store.install(record.request, PASSWORD, now=NOW)
    entry.path.unlink()
    entry = store.install(record.request, PASSWORD, now=NOW)
    store.unlock(entry, PASSWORD)


@pytest.mark.spec("A6", "A7", "E11")
def test_an_export_is_imported_elsewhere(store, life, kind, tmp_path):
    entry = life()
    same = store.export(entry, PASSWORD)
    assert same == entry.path.read_bytes()
    other = store.export(entry, PASSWORD, new_password="Export88")
    assert refusal(pfx.read, other, PASSWORD) == "wrong-password"
    with pytest.warns(pfx.CompatiblePfxWarning):
        old = store.export(entry, PASSWORD, new_password="Export88", compatible=True)
    assert refusal(store.export, entry, "Secret43") == "wrong-password"
    assert refusal(store.export, entry, PASSWORD, new_password=IDENTITY.lower()) == "password-forbidden"
    elsewhere = open_store(kind, tmp_path / "elsewhere")
    for data, password in ((same, PASSWORD), (other, "Export88"), (old, "Export88")):
        assert elsewhere.examine(data, password).certificate == entry.certificate
        found = elsewhere.import_pfx(data, password)
        assert elsewhere.certificates() == (found,)
        assert found.standing is Standing.ACTIVE
        elsewhere.unlock(found, password).sign(ORDER)


@pytest.mark.spec("A7", "E10")
def test_what_is_not_this_customers_is_refused(store, issuing, tmp_path):
    key = keys.generate()
    theirs = issuing.issue(key, "B123456780-00-000001")
    data = pfx.write(key, theirs, [issuing.certificate], PASSWORD, name="x", iterations=1_000)
    assert refusal(store.import_pfx, data, PASSWORD) == "not-yours"
    assert refusal(store.import_pfx, data, "wrong") == "wrong-password"
    assert refusal(store.import_pfx, b"PK", PASSWORD) == "not-a-pfx"
    assert store.certificates() == ()


@pytest.mark.spec("A7")
def test_what_lay_there_before_is_kept(tmp_path, issuing, root):
    """`pfxdir` has one place: an import, and a file of an older program, make room and are kept."""
    folder = tmp_path / "BTS"
    folder.mkdir()
    (folder / f"{IDENTITY}.pfx").write_bytes(b"written by another program")
    store = open_store("pfxdir", tmp_path)
    assert [each.code for each in store.damaged()] == ["unknown"]
    first = installed(store, issuing, root, now=NOW)
    kept = [path.read_bytes() for path in store.shelf.replaced_folder.iterdir()]
    assert kept == [b"written by another program"]
    key = keys.generate()
    other = issuing.issue(key, f"{IDENTITY}-00-000002")
    data = pfx.write(key, other, [issuing.certificate], PASSWORD, name="x", iterations=1_000)
    second = store.import_pfx(data, PASSWORD)
    assert second.path == first.path
    assert store.find(first.spki_sha256).standing is Standing.REPLACED
    assert store.current() == second


@pytest.mark.spec("A7")
def test_a_file_put_there_by_hand_is_adopted(store, life, kind, tmp_path):
    entry = life()
    elsewhere = open_store(kind, tmp_path / "elsewhere")
    elsewhere.new_key(PASSWORD)
    target = elsewhere.shelf.main_file(entry.spki_sha256)
    target.write_bytes(entry.path.read_bytes())
    (found,) = elsewhere.damaged()
    assert (found.path, found.code) == (target, "unknown")
    assert refusal(elsewhere.adopt, found, "wrong") == "wrong-password"
    adopted = elsewhere.adopt(found, PASSWORD)
    assert elsewhere.current() == adopted
    assert target.read_bytes() == entry.path.read_bytes()


@pytest.mark.spec("A10")
def test_the_password_is_changed(store, life):
    entry = life()
    assert refusal(store.change_password, entry, "wrong", "Another7") == "wrong-password"
    assert refusal(store.change_password, entry, PASSWORD, "密碼密碼") == "password-not-ascii"
    assert refusal(store.change_password, entry, PASSWORD, IDENTITY) == "password-forbidden"
    changed = store.change_password(entry, PASSWORD, "Another7")
    assert refusal(store.unlock, changed, PASSWORD) == "wrong-password"
    store.unlock(changed, "Another7").sign(ORDER)
    assert refusal(store.unlock, entry, PASSWORD) == "changed", "the entry of before is not the file any more"
    assert len(store.certificates()) == 1


@pytest.mark.spec("A10", "A9")
def test_a_password_changed_before_the_acknowledgement_opens_the_pending_key_too(store, issuing, root):
    record = store.new_key(PASSWORD)
    issue(store, record, issuing, root)
    entry = store.install(record.request, PASSWORD, now=NOW)
    entry = store.change_password(entry, PASSWORD, "Another7")
    store.open_pending(record.request, "Another7")
    entry.path.unlink()
    store.install(record.request, "Another7", now=NOW)


@pytest.mark.spec("A8")
def test_removing_keeps_a_backup_and_no_pending_key_is_touched(store, life):
    entry = life()
    record = store.new_key(PASSWORD)
    backup = store.remove(entry)
    assert store.certificates() == ()
    assert [each.request for each in store.pending()] == [record.request]
    back = store.import_pfx(backup.read_bytes(), PASSWORD)
    assert back.certificate == entry.certificate
    assert refusal(store.remove, entry) == "changed", "not the file that was listed"
    store.remove(back)
    assert refusal(store.remove, back) == "gone"


@pytest.mark.spec("A9")
def test_a_pending_key_is_given_up_by_its_owner_alone(store):
    record = store.new_key(PASSWORD)
    target = store.discard(record.request)
    assert store.pending() == ()
    assert target.is_file()
    assert refusal(store.discard, record.request) == "pending-unknown"


@pytest.mark.spec("A7")
def test_two_institutions_never_overwrite_each_other(tmp_path, issuing, root):
    first, second = (open_store("pfxdir", tmp_path, name) for name in ("example", "other"))
    assert first.location.file == second.location.file, "both were opened before anybody wrote"
    entry = installed(first, issuing, root, now=NOW)
    assert refusal(second.new_key, PASSWORD) == "folder-taken"
    assert refusal(second.certificates) == "folder-taken"
    second = open_store("pfxdir", tmp_path, "other")
    assert second.location.file == tmp_path / "BTS-other" / f"{IDENTITY}.pfx"
    installed(second, issuing, root, now=NOW)
    assert first.current() == entry
    assert open_store("pfxdir", tmp_path, "example").current() == entry
    third = open_store("pfxdir", tmp_path, "example", identity="B123456780")
    assert third.certificates() == ()


def test_places_are_the_platforms_and_the_manuals(tmp_path):
    assert location("helper", tmp_path).private == tmp_path / "Certcenter" / "demo" / IDENTITY
    assert location("pfxdir", tmp_path).private == tmp_path / "BTS" / ".certcenter" / IDENTITY
    assert location("pfxdir", tmp_path, identity="a123456789").identity == IDENTITY
    for identity in ("", "../../x", "A12345678/", "Ａ123456789"):
        assert refusal(location, "helper", tmp_path, identity=identity) == "identity"
    assert refusal(location, "helper", tmp_path, institution="../x") == "invalid"
    assert refusal(pfxdir_location, "demo", IDENTITY, folder="../x", home=tmp_path) == "folder"


# Several at once, and disks that say no


@pytest.mark.spec("A9")
def test_many_at_once_on_one_store(store, issuing, root):
    record = store.new_key(PASSWORD)
    issue(store, record, issuing, root)
    results = []

    def both():
        entry = store.install(record.request, PASSWORD, now=NOW)
        store.acknowledged(record.request)
        results.append(entry.spki_sha256)

    threads = [threading.Thread(target=both) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [record.spki_sha256] * 6
    assert len(store.certificates()) == 1


def test_the_lock_gives_up_in_time(tmp_path):
    with store_files.locked(tmp_path / "lock"):
        with pytest.raises(StoreRefused) as caught, store_files.locked(tmp_path / "lock", seconds=0.2):
            pytest.fail("two hold it")
        assert caught.value.code == "busy"
    with store_files.locked(tmp_path / "lock", seconds=0.2):
        pass


@pytest.mark.spec("A13", "E10")
@pytest.mark.parametrize(
    ("number", "code"), [(28, "disk-full"), (30, "not-writable"), (13, "not-writable"), (5, "io")]
)
def test_a_disk_that_says_no_changes_nothing(life, tmp_path, monkeypatch, *, store, number, code):
    entry = life()
    before = contents(tmp_path)

    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert refusal(store.new_key, PASSWORD) == code
    assert refusal(store.change_password, entry, PASSWORD, "Another7") == code
    monkeypatch.undo()
    assert contents(tmp_path) == before
    assert store.current() == entry


def test_times_are_aware(store):
    assert datetime.now(UTC) - store.new_key(PASSWORD).created_at < timedelta(hours=1)


def test_pfx_passwords_are_checked_before_a_key_is_made(store):
    for password, code in (
        ("", "password-empty"),
        ("密碼", "password-not-ascii"),
        (IDENTITY, "password-forbidden"),
    ):
        with pytest.raises(PfxRefused) as caught:
            store.new_key(password)
        assert caught.value.code == code
    assert store.pending() == ()


def test_every_refusal_of_the_store_says_what_to_do():
    """The codes are read from the source, so that a new one without advice is missed at once."""
    folder = Path(store_files.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'(?:Refused\(\s*|code = |else )"([a-z-]+)"', source))
    assert {"busy", "wrong-password", "not-yours", "disk-full", "not-writable"} <= codes
    silent = {code for code in codes if code not in ADVICE and code not in {"place", "folder"}}
    assert silent == set()
    assert StoreRefused("place", "x").advice
