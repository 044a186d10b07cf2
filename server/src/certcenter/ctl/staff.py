"""`certcenterctl staff`: the first member of staff, and whoever has locked the own login."""

import click

from certcenter.backoffice import login
from certcenter.core.actor import system
from certcenter.core.errors import CentreError, Invalid
from certcenter.ctl.customers import read_secret
from certcenter.identity.actions import create_staff
from certcenter.identity.models import Role, Staff
from certcenter.institutions import serving

ACTOR = system("operator")


@click.group()
def staff() -> None:
    """Create staff, unlock a login. 新增行員、解鎖登入。"""


@staff.command()
@click.argument("username")
@click.option("--name", required=True, help="As colleagues read it. 姓名。")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice(Role.values),
    help="Repeatable. 角色，可重複。",
)
@click.option(
    "--institution", default="", metavar="SLUG", help="Of this institution alone; all without it. 所屬機構。"
)
@click.option(
    "--password-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Read it from file descriptor N. 由檔案描述子讀取密碼。",
)
def create(
    username: str, name: str, roles: tuple[str, ...], institution: str, password_fd: int | None
) -> None:
    """Create the member of staff USERNAME. The password is asked for, never on the command line. 新增行員，密碼不得出現在指令列。"""
    if institution and institution not in {each.slug for each in serving.served().all()}:
        raise click.BadParameter(f"no institution {institution!r} 沒有此機構", param_hint="--institution")
    try:
        made = create_staff(
            username,
            name=name,
            password=read_secret(password_fd),
            roles=[Role(role) for role in roles],
            institution=institution,
            actor=ACTOR,
        )
    except Invalid as refused:
        words = " ".join(str(text) for text in refused.fields.values())
        raise click.ClickException(words or refused.detail) from refused
    except CentreError as refused:
        raise click.ClickException(refused.detail) from refused
    click.echo(f"{made.username} created 已新增 ({', '.join(made.roles)})")


@staff.command()
@click.argument("username")
def unlock(username: str) -> None:
    """Open the locked login of USERNAME. 解鎖行員登入。"""
    found = Staff.objects.filter(username=username).first()
    if found is None:
        raise click.ClickException("no such member of staff. 查無此行員。")
    login.unlock(found, actor=ACTOR)
    click.echo(f"{username} unlocked 已解鎖")
