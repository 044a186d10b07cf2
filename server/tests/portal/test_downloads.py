"""憑證中心 offers the desktop helper per system, with version, size and SHA-256; what is not there is said (SPEC A14)."""

import hashlib
import json

import pytest
from click.testing import CliRunner
from django.test import Client

from certcenter.content import downloads
from certcenter.content.downloads import System
from certcenter.ctl.downloads import downloads as command

pytestmark = pytest.mark.spec("A14")
BODY = b"\x7fELF" + b"helper" * 400


@pytest.fixture
def at(sqlite_ready, settings):
    def open_(slug):
        client = Client(HTTP_HOST=f"{slug}.localhost")
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return client

    return open_


@pytest.fixture
def built(tmp_path):
    path = tmp_path / "certcenter-helper-0.1.0-linux-x86_64.tar.gz"
    path.write_bytes(BODY)
    return path


def test_a_file_is_offered_with_its_hash_and_the_others_are_said_to_be_missing(at, built):
    done = CliRunner().invoke(command, ["add", str(built), "--system", "linux", "--release", "0.1.0"])
    assert done.exit_code == 0, done.output
    page = at("demo").get("/").content.decode()
    assert hashlib.sha256(BODY).hexdigest() in page
    assert "0.1.0" in page
    assert page.count("Not offered yet") == 2
    answer = at("demo").get(f"/downloads/{built.name}")
    assert b"".join(answer.streaming_content) == BODY
    assert answer["Content-Disposition"] == f'attachment; filename="{built.name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_nothing_is_offered_where_nothing_was_added(at):
    assert at("example").get("/").content.decode().count("Not offered yet") == 3


def test_institutions_with_keys_in_the_browser_need_no_helper(at):
    assert "Not offered yet" not in at("sample").get("/").content.decode()


@pytest.mark.parametrize(
    "name", ["nothing.exe", "downloads.json", "..%2Fcertcenter.sqlite3", ".hidden"], ids=range(4)
)
def test_no_other_file_is_handed_out(at, built, name):
    downloads.add(built, system=System.LINUX, version="0.1.0")
    assert at("demo").get(f"/downloads/{name}").status_code == 404


def test_a_newer_one_takes_the_place_and_a_changed_one_is_noticed(at, built, tmp_path):
    downloads.add(built, system=System.LINUX, version="0.1.0")
    newer = tmp_path / "certcenter-helper-0.2.0-linux-x86_64.tar.gz"
    newer.write_bytes(BODY + b"2")
    added = downloads.add(newer, system=System.LINUX, version="0.2.0")
    assert downloads.offered()[System.LINUX] == added
    assert downloads.find(built.name) is None
    assert CliRunner().invoke(command, ["check"]).exit_code == 0
    added.path.write_bytes(b"X" * added.size)
    assert CliRunner().invoke(command, ["check"]).exit_code == 1
    added.path.write_bytes(b"short")
    assert downloads.offered()[System.LINUX] is None
    assert at("demo").get(f"/downloads/{newer.name}").status_code == 404


def test_a_manifest_that_points_elsewhere_offers_nothing(at, built, settings):
    added = downloads.add(built, system=System.LINUX, version="0.1.0")
    manifest = settings.CONFIG.downloads_path / downloads.MANIFEST
    (entry,) = json.loads(manifest.read_text())
    manifest.write_text(json.dumps([{**entry, "file": f"../downloads/{added.file}"}]))
    assert downloads.offered()[System.LINUX] is None
    manifest.write_text("{broken")
    assert downloads.offered()[System.LINUX] is None
