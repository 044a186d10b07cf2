"""`certcenterctl clients` (issue 2, HTTP API: a registered client credential)."""

import pytest
from click.testing import CliRunner

from certcenter.ctl.clients import clients
from certcenter.institutions import serving
from certcenter.passwords import clients as programs
from certcenter.passwords.models import Client


def run(*arguments):
    return CliRunner().invoke(clients, arguments)


@pytest.mark.django_db
def test_a_program_is_registered_listed_and_disabled():
    done = run("register", "sample", "back office of a broker")
    assert done.exit_code == 0, done.output
    client_id, secret = (line.split()[1] for line in done.output.splitlines())
    assert programs._known(serving.get("sample"), client_id, secret)
    assert "active" in run("list", "sample").output
    assert run("disable", "sample", client_id).exit_code == 0
    assert not programs._known(serving.get("sample"), client_id, secret)
    assert "disabled" in run("list", "sample").output
    assert secret not in str(Client.objects.values_list())


def test_unknown_institution_is_named_with_the_known_ones():
    done = run("list", "nowhere")
    assert done.exit_code == 2
    assert "sample" in done.output
