"""What an operator copies and reads: the guide names every setting, nginx and systemd take our files, demo.json fits its schema."""

import inspect
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from granian.log import LogLevels, configure_logging
from granian.server import mp

from certcenter.ctl import processes
from certcenter.ctl.processes import LOG_CONFIG, THREADS
from certcenter.settings.model import SECRET_NAMES, Config

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/guides/operator.md").read_text(encoding="utf-8")
DEPLOY = ROOT / "deploy"
UNITS = ["certcenter.service", "certcenter-worker.service"]

pytestmark = pytest.mark.spec("D9")


def variable(name):
    return Config.model_fields[name].alias or f"CERTCENTER_{name.upper()}"


@pytest.mark.parametrize("name", sorted(Config.model_fields))
def test_every_setting_is_in_the_guide_with_its_default(name):
    rows = [line for line in GUIDE.splitlines() if line.startswith(f"| `{variable(name)}` |")]
    assert len(rows) == 1, name
    default = Config.model_fields[name].default
    if name in SECRET_NAMES or name.endswith(("password", "token")) or default in ("", None, ()):
        return
    assert f"| `{default}` |" in rows[0]


def test_the_guide_names_no_setting_that_is_not_there():
    known = {variable(name) for name in Config.model_fields} | {"CERTCENTER_SOAK"}
    named = {line.split("`")[1] for line in GUIDE.splitlines() if line.startswith("| `CERTCENTER_")}
    assert named == known - {"CERTCENTER_SOAK"}


def literal(path):
    """As systemd and podman read the file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def by_a_shell(path):
    """As the operator does before `certcenterctl init` (docs/guides/operator.md, step 6)."""
    said = subprocess.run(
        ["env", "-i", "sh", "-c", 'set -a; . "$0"; env -0', path], check=True, capture_output=True, text=True
    ).stdout
    return {
        name: value for name, _, value in (each.partition("=") for each in said.split("\0")) if "CERT" in name
    }


@pytest.mark.parametrize("read", [literal, by_a_shell], ids=["systemd", "shell"])
def test_the_example_environment_is_a_valid_production(monkeypatch, tmp_path, read):
    for name in [name for name in os.environ if name.startswith("CERTCENTER_")]:
        monkeypatch.delenv(name)
    given = read(DEPLOY / "environment.example")
    assert given.keys() <= {variable(field) for field in Config.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in SECRET_NAMES:
        (secrets / name).write_text("x" * 48)
    monkeypatch.setenv("CERTCENTER_SECRETS", str(secrets))
    config = Config.load()
    assert config.mode == "production"
    assert config.trusted_proxies == ("127.0.0.1",)


def test_proxies_are_addresses(monkeypatch):
    monkeypatch.setenv("CERTCENTER_TRUSTED_PROXIES", "127.0.0.1, ::1")
    assert Config().trusted_proxies == ("127.0.0.1", "::1")
    monkeypatch.setenv("CERTCENTER_TRUSTED_PROXIES", "nginx.example.com")
    with pytest.raises(ValueError, match="trusted_proxies"):
        Config()


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_the_example(tmp_path):
    tls = tmp_path / "tls"
    tls.mkdir()
    for name in ("sample", "staff", "index"):
        request = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ]
        request += ["-subj", f"/CN={name}", "-keyout", f"{tls}/{name}.key", "-out", f"{tls}/{name}.crt"]
        subprocess.run(request, check=True, capture_output=True)
    site = (DEPLOY / "nginx/certcenter.conf").read_text()
    site = site.replace("/etc/certcenter/tls/", f"{tls}/")
    site = site.replace("/etc/certcenter/nginx-origin.conf", str(DEPLOY / "nginx/origin.conf"))
    (tmp_path / "site.conf").write_text(site)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; "
        f"client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f; "
        f"uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s; include {tmp_path}/site.conf; }}"
    )
    result = subprocess.run(
        ["nginx", "-t", "-c", str(main), "-p", str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr.replace('the "user" directive', "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path):
    for unit in UNITS:
        text = (
            (DEPLOY / "systemd" / unit)
            .read_text()
            .replace("/opt/certcenter/.venv/bin/certcenterctl", sys.executable)
        )
        (tmp_path / unit).write_text(text)
    command = [
        "systemd-analyze",
        "verify",
        "--man=no",
        "--recursive-errors=no",
        *(tmp_path / unit for unit in UNITS),
    ]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_units_call_commands_that_exist(unit):
    from click.testing import CliRunner

    from certcenter.ctl.main import main

    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    (start,) = (line for line in lines if line.startswith("ExecStart="))
    program, command, *options = start.removeprefix("ExecStart=").split()
    assert program.endswith("/certcenterctl")
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert all(option in shown.output for option in options if option.startswith("--"))


def test_the_demo_describes_itself_as_its_schema_says():
    from certcenter.demo import seed

    schema = json.loads((ROOT / "docs/demo.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    described = json.loads(json.dumps(seed.describe(8000)))
    validator(schema).validate(described)
    described["institutions"][0]["customers"][0]["id"] = "nobody"
    with pytest.raises(jsonschema.ValidationError):
        validator(schema).validate(described)


def test_a_demo_on_the_port_of_another_is_refused_before_anything_is_made(tmp_path):
    """The web server shares its port: half of the first centre's customers would come to the second."""
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        first.listen()
        port = first.getsockname()[1]
        home = tmp_path / "home"
        environment = {**os.environ, "CERTCENTER_HOME": str(home), "CERTCENTER_PORT": str(port)}
        started = subprocess.run(
            [sys.executable, "-m", "certcenter.ctl", "demo"],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert started.returncode == 1
    for said in (f"port {port} is in use", f"連接埠 {port} 已被使用", f"PORT={port + 1} make demo"):
        assert said in started.stderr
    assert not list(home.glob("*.sqlite3"))


BEHIND_A_PROXY = """
import re
from django.test import Client
client = Client(HTTP_HOST="staff.localhost", HTTP_X_FORWARDED_PROTO="https", enforce_csrf_checks=True)
page = client.get("/login/")
token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
answer = client.post("/login/", {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="https://staff.localhost")
foreign = client.post("/login/", {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="https://sample.localhost")
print(answer.status_code, foreign.status_code, "Strict-Transport-Security" in page, *sorted(client.cookies))
"""


@pytest.mark.spec("E7")
def test_behind_a_tls_proxy_forms_are_taken_from_the_own_origin_alone(sqlite_engine):
    done = sqlite_engine.run(BEHIND_A_PROXY, CERTCENTER_SCHEME="https")
    assert done.stdout.split() == ["422", "403", "True", "__Host-csrf"]


@pytest.mark.spec("E1")
@pytest.mark.parametrize(("workers", "slots"), [(1, "4"), (2, "2"), (8, "1")], ids=str)
def test_serve_hashes_as_often_at_once_as_there_are_processors(monkeypatch, workers, slots):
    """And half as many wait, of the whole machine. An operator's own numbers are kept."""
    started: list[tuple[str, str]] = []
    numbers = ("CERTCENTER_HASH_SLOTS", "CERTCENTER_HASH_WAITING")
    monkeypatch.setattr(
        os, "execvp", lambda _program, _command: started.append(tuple(os.environ[each] for each in numbers))
    )
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for number in numbers:
        monkeypatch.setenv(number, "")  # so that it is taken away again
        monkeypatch.delenv(number)
    monkeypatch.setenv("CERTCENTER_SERVER_THREADS", "16")
    processes.serve.callback(host="127.0.0.1", workers=workers, threads=16)
    for number in numbers:
        monkeypatch.setenv(number, "7")
    processes.serve.callback(host="127.0.0.1", workers=workers, threads=16)
    assert started == [(slots, "2"), ("7", "7")]


@pytest.mark.spec("D9")
def test_the_web_servers_lines_are_structured_too_and_what_is_intended_is_no_warning(capsys):
    """Our number of threads is meant; another one is still warned of (granian says so itself where it starts)."""
    assert "spawning up to {self.blocking_threads} Python threads" in inspect.getsource(mp)
    configure_logging(LogLevels.warning, json.loads(LOG_CONFIG.read_text()))
    try:
        for threads in (THREADS, 200):
            logging.getLogger("_granian").warning(
                "Configuration allows spawning up to %d Python threads", threads
            )
    finally:
        configure_logging(LogLevels.warning)
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["logger"]) == ("WARNING", "_granian")
    assert "200" in said["message"]
