"""Each check really checks, each fix really fixes (SPEC A13)."""

import os

import pytest

from certcenter_helper.core.environment import check_environment, disk, fix, fix_all, network
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.values import CheckResult
from certcenter_helper.core.work import Cancel, Cancelled, silent

posix = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")


@pytest.mark.spec("A13")
def test_the_table_has_a_row_for_each_check(desk):
    report = check_environment(desk(), progress=silent, cancel=Cancel())
    results = {row.key: row.result for row in report.rows}
    assert results.keys() == {
        "folder", "permissions", "visible", "room", "names", "files", "proxy", "tls", "reachable", "version", "clock",
        "keychain", "self-test",
    }  # fmt: skip
    assert results["self-test"] is CheckResult.PASSED
    assert results["reachable"] is CheckResult.FAILED  # nobody listens on port 9
    assert results["clock"] is results["version"] is CheckResult.UNKNOWN
    assert not report.passed
    assert {fact.key for fact in report.machine} >= {"os", "helper", "crypto"}


@posix
@pytest.mark.spec("A13")
def test_permissions_are_found_and_mended(desk):
    here = desk()
    private = here.store.location.private
    secret = private / "certificates" / "x.pfx"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(b"pfx")
    secret.chmod(0o640)
    private.chmod(0o755)
    assert disk.look_permissions(here).result is CheckResult.FAILED
    fixed = fix(here, "permissions")
    assert fixed.row.result is CheckResult.PASSED
    assert (private.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o700, 0o600)


@posix
def test_a_closed_folder_is_opened_with_what_is_in_it(desk):
    here = desk()
    inside = here.store.location.private / "certificates"
    inside.mkdir(parents=True)
    (inside / "x.pfx").write_bytes(b"pfx")
    inside.chmod(0o500)
    assert "permissions" in {each.row.key for each in fix_all(here)}
    assert inside.stat().st_mode & 0o777 == 0o700


def test_a_missing_folder_is_no_trouble_and_a_file_in_its_place_is(desk):
    here = desk()
    assert disk.look_writable(here).result is CheckResult.PASSED
    place = here.store.location.private
    place.parent.mkdir(parents=True)
    place.write_text("in the way")
    assert disk.look_writable(here).result is CheckResult.FAILED


def test_room_is_measured(desk, monkeypatch):
    here = desk()
    assert disk.look_room(here).result is CheckResult.PASSED
    for free, result in ((10 << 20, CheckResult.WARNED), (1 << 20, CheckResult.FAILED)):
        monkeypatch.setattr(
            disk.shutil, "disk_usage", lambda _path, free=free: type("Usage", (), {"free": free})
        )
        assert disk.look_room(here).result is result


def test_chinese_names_go_there_and_back(desk):
    assert disk.look_names(desk()).result is CheckResult.PASSED


def test_a_damaged_file_is_found(desk):
    here = desk()
    place = here.store.location.private / "certificates"
    place.mkdir(parents=True)
    (place / "half.pfx").write_bytes(b"0\x82")
    assert disk.look_damaged(here).result is CheckResult.FAILED


def test_the_folder_of_a_file_that_programs_look_for_must_not_be_hidden(desk):
    here = desk(slug="example", place="pfx-directory")
    assert disk.look_visible(here).result is CheckResult.PASSED
    assert here.store.location.file is not None
    assert here.store.location.file.name == "A123456789.pfx"


def test_a_proxy_that_refuses_is_found_without_its_password(desk, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    seen = network.look_proxy(desk("http://centre.example"))
    assert seen.result is CheckResult.FAILED
    assert "secret" not in seen.current


def test_tls_that_nobody_vouches_for_fails(desk, tmp_path):
    import ssl
    import subprocess
    import threading
    from socket import create_server

    files = [str(tmp_path / name) for name in ("key.pem", "cert.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[0],
         "-out", files[1], "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    with create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            plain, _address = listener.accept()
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

        thread = threading.Thread(target=answer)
        thread.start()
        seen = network.look_tls(desk(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()
    assert seen.result is CheckResult.FAILED
    assert "self-signed" in seen.current or "self signed" in seen.current


def test_what_only_a_person_can_change_is_not_fixable(desk):
    with pytest.raises(HelperError) as refused:
        fix(desk(), "clock")
    assert refused.value.code == "not-fixable"


def test_a_check_can_be_stopped(desk):
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        check_environment(desk(), progress=silent, cancel=cancel)
