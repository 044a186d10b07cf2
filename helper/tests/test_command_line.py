"""The command line without a centre: help, answers from descriptors and environment, exit codes, both languages."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import click
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from certcenter_helper.cli.asking import Asking, Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.main import COMMANDS, build, run
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.texts import use_language
from certcenter_sdk import clock, keys, pfx


def all_commands():
    """Every command with the words that call it, those of groups too."""
    group = build()
    for name in COMMANDS:
        found = group.get_command(None, name)  # type: ignore[arg-type]  # it needs no context
        if isinstance(found, click.Group):
            yield from (((name, inner), each) for inner, each in found.commands.items())
        else:
            yield (name,), found


EACH = pytest.mark.parametrize("words", [words for words, _command in all_commands()], ids=" ".join)


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@EACH
def test_each_command_explains_itself(words, language, capsys):
    use_language(language)
    assert run([*words, "--help"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert ("Exit codes" if language == "en" else "結束碼") in printed
    assert "--json" in printed


@pytest.mark.spec("A6", "A7")
def test_no_option_takes_a_secret():
    """Codes and passwords come by descriptor, environment or prompt: an argument would stand in the list of processes."""
    for name, command in all_commands():
        assert command is not None
        for parameter in command.params:
            for option in parameter.opts:
                secretive = any(
                    word in option for word in ("password", "code", "slip", "birth", "pairing", "link")
                )
                assert not secretive or option.endswith("-fd") or parameter.is_flag, (name, option)


def test_secrets_are_the_lines_of_a_descriptor():
    read, write = os.pipe()
    os.write(write, "first\nzweiß\nlast".encode())
    os.close(write)
    asking = Asking({Secret.PASSWORD: read, Secret.NEW: read})
    assert asking.give(Secret.PASSWORD) == "first"
    assert asking.give(Secret.NEW) == "zweiß"
    assert asking.give(Secret.PASSWORD) == "last"
    with pytest.raises(HelperError) as nothing:
        asking.give(Secret.PASSWORD)
    assert nothing.value.code == "needs-answer"
    os.close(read)


def test_the_environment_answers_once(monkeypatch):
    monkeypatch.setenv(Secret.CODE.variable, "123456")
    asking = Asking()
    assert asking.give(Secret.CODE) == "123456"
    with pytest.raises(HelperError) as again:
        asking.give(Secret.CODE)
    assert "CERTCENTER_CODE" in again.value.advice


def test_an_unknown_command_is_a_wrong_call(capsys):
    assert run(["sing"]) == Exit.USAGE
    assert "sing" in capsys.readouterr().err


def test_a_computer_that_knows_no_centre_says_so(capsys):
    assert run(["status", "--json"]) == Exit.USAGE
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"]["code"] == "no-centre"
    assert answer["exit"] == Exit.USAGE


@pytest.mark.parametrize("address", ["ftp://x", "https://host", "nonsense"])
def test_an_address_that_is_none_is_refused(address, monkeypatch):
    monkeypatch.setenv(Secret.LOGIN.variable, "demo2026")
    assert run(["login", "--centre", address, "--id", "A123456789"]) == Exit.USAGE


def test_a_bearer_token_does_not_travel_in_the_clear(monkeypatch, capsys):
    monkeypatch.setenv(Secret.LOGIN.variable, "demo2026")
    assert (
        run(["login", "--centre", "http://centre.example/api/v1/i/demo/", "--id", "A123456789"]) == Exit.USAGE
    )
    assert "https" in capsys.readouterr().err


def test_a_centre_that_does_not_answer_is_a_network_trouble(monkeypatch, capsys):
    monkeypatch.setenv(Secret.LOGIN.variable, "demo2026")
    code = run(["login", "--centre", "http://127.0.0.1:9/api/v1/i/demo/", "--id", "A123456789", "--json"])
    assert code == Exit.NETWORK
    assert json.loads(capsys.readouterr().out)["error"]["advice"]


@pytest.mark.spec("A1")
def test_offline_it_shows_the_computer_and_says_what_it_cannot_know(desk, capsys):
    desk()
    assert run(["status", "--offline"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert "A123****89" in printed
    assert "can't be known now" in printed.replace("\n", " ")
    assert run(["status", "--offline", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["overview"]["offline"] is True


def test_in_chinese_by_locale(desk, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "zh_TW.UTF-8")
    desk()
    assert run(["--lang", "zh-TW", "status", "--offline"]) == Exit.DONE
    assert "憑證註冊狀態(主機端)" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script(shell, capsys):
    assert run(["completion", shell]) == Exit.DONE
    assert "_CERTCENTER_COMPLETE" in capsys.readouterr().out


def test_who_is_not_logged_in_is_told_so(desk, capsys):
    desk()
    assert run(["apply", "--agree"]) == Exit.LOGIN
    assert "not logged in" in capsys.readouterr().err


def test_the_password_centre_lists_its_commands(capsys):
    assert run(["password", "--help"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert "unlock" in printed
    assert "reissue" in printed


@pytest.mark.spec("B4")
@pytest.mark.parametrize("words", [("show",), ("change",), ("unify", "--yes")], ids=" ".join)
def test_who_is_not_logged_in_changes_no_password(words, desk, capsys):
    desk()
    assert run(["password", *words]) == Exit.LOGIN
    assert "not logged in" in capsys.readouterr().err


def test_status_without_network_loads_neither_cryptography_nor_a_terminals_library(desk, capsys):
    """What it shows of certificate and waiting key is right, and it starts at once (issue 3, Speed)."""
    here = desk()
    entry = here.store.import_pfx(_backup(), "Backup26")
    here.store.new_key("Secret42", kind="renew", replaces=entry)
    assert run(["status", "--offline"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert here.policy.serial(f"{entry.certificate.serial_number:x}") in printed
    assert "(2/2)" in printed
    assert "certcenter export: write a backup" in printed
    assert run(["status", "--offline", "--json"]) == Exit.DONE
    panels = json.loads(capsys.readouterr().out)["overview"]["clients"]
    told = {each["status"]: each["word"]["advice"] for each in panels}
    assert told == {"key_only": "advice", "exportable": ""}, "that one can trade only the centre knows"
    look = "import sys; from certcenter_helper.cli.main import run; run(['status', '--offline']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "certcenter_sdk.store.view" in loaded
    assert not {"cryptography", "rich", "httpx", "platformdirs", "asn1crypto"} & loaded


def _backup() -> bytes:
    key, now = keys.generate(), clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A123456789-00-000001")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=30)
    )
    return pfx.write(key, builder.sign(key, hashes.SHA256()), [], "Backup26", name="x")
