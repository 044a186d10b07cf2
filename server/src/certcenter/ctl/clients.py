"""`certcenterctl clients`: programs that may log customers in without a captcha (issue 2, HTTP API)."""

import click

from certcenter.core.actor import system
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.passwords import clients as programs
from certcenter.passwords.models import Client

ACTOR = system("certcenterctl")


def _institution(slug: str) -> Institution:
    found = serving.served().find(slug)
    if found is None:
        known = ", ".join(each.slug for each in serving.served().all())
        raise click.BadParameter(f"no institution {slug}; known are {known}. 沒有這個機構。")
    return found


@click.group()
def clients() -> None:
    """Register programs, list them, take their right away. 登記、列出、停用程式。"""


@clients.command()
@click.argument("slug")
@click.argument("name")
def register(slug: str, name: str) -> None:
    """Register the program NAME at institution SLUG; its secret is shown this once. 登記程式，密鑰只顯示一次。"""
    institution = _institution(slug)
    if not institution.api.client_credentials:
        raise click.ClickException(
            f"the policy of {slug} has api.client_credentials = false. 此機構政策不允許。"
        )
    client_id, secret = programs.register(institution, name=name, actor=ACTOR)
    click.echo(f"client_id      {client_id}")
    click.echo(f"client_secret  {secret}")


@clients.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the programs of institution SLUG. 列出機構的程式。"""
    for client in Client.objects.filter(institution=_institution(slug).slug).order_by("pk"):
        state = "disabled 已停用" if client.disabled_at else "active 使用中"
        click.echo(f"{client.client_id}  {state}  {client.created_at:%Y-%m-%d}  {client.name}")


@clients.command()
@click.argument("slug")
@click.argument("client_id")
def disable(slug: str, client_id: str) -> None:
    """Take the right away from CLIENT_ID at institution SLUG. 停用程式。"""
    programs.disable(_institution(slug), client_id=client_id, actor=ACTOR)
    click.echo("disabled 已停用")
