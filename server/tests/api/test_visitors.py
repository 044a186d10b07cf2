"""What a program may ask before anybody has logged in, as visitors of the pages may (issue 2, point 10)."""

import hashlib
from pathlib import Path

import pytest
from django.test import Client

from certcenter.content import downloads
from certcenter.content.downloads import System

from .conftest import Program, decode

FILE = b"MZ" + b"helper" * 400


@pytest.fixture
def offered(centre: Path, tmp_path: Path) -> None:
    file = tmp_path / "certcenter-helper 0.1.0.zip"
    file.write_bytes(FILE)
    downloads.add(file, system=System.WINDOWS, version="0.1.0")


@pytest.mark.spec("A14")
def test_the_helpers_files_are_those_of_the_page(offered: None) -> None:
    (found,) = Program(slug="demo").call("GET", "downloads", expect=200)["downloads"]
    assert found == {
        "system": "windows",
        "file": "certcenter-helper 0.1.0.zip",
        "version": "0.1.0",
        "size": len(FILE),
        "sha256": hashlib.sha256(FILE).hexdigest(),
        "url": "http://demo.localhost:8000/downloads/certcenter-helper%200.1.0.zip",
    }
    path = found["url"].partition("8000")[2]
    answer = Client(HTTP_HOST="demo.localhost:8000").get(path)
    assert b"".join(answer.streaming_content) == FILE  # type: ignore[attr-defined] # a FileResponse


@pytest.mark.spec("A14")
@pytest.mark.parametrize("slug", ["sample", "model-bank"])
def test_none_where_keys_live_elsewhere(offered: None, slug: str) -> None:
    assert Program(slug=slug).call("GET", "downloads", expect=200) == {"downloads": []}


@pytest.mark.spec("B1", "F4")
def test_a_captchas_picture_can_be_heard(centre: Path) -> None:
    bank = Program(slug="model-bank")
    challenge = bank.call("GET", "captcha", expect=200)
    assert challenge["kind"] == "image"
    sound = decode(bank.call("GET", f"captcha/sound?token={challenge['token']}", expect=200)["sound"])
    assert (sound[:4], sound[8:12]) == (b"RIFF", b"WAVE")


@pytest.mark.spec("E10")
def test_a_sound_of_nothing(centre: Path) -> None:
    bank = Program(slug="model-bank")
    token = bank.call("GET", "captcha", expect=200)["token"]
    Program().refused("GET", f"captcha/sound?token={token}", status=422, code="captcha-refused")
    bank.refused("GET", "captcha/sound?token=rubbish", status=422, code="captcha-refused")
    bank.refused("GET", "captcha/sound", status=422, code="invalid")
