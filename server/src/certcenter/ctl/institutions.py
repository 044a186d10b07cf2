"""`certcenterctl institutions`: look at policy files before they are served."""

from pathlib import Path

import click
from django.conf import settings

from certcenter.content.texts import texts_for
from certcenter.institutions.loader import PolicyError
from certcenter.institutions.registry import SHIPPED, Registry, load


@click.group()
def institutions() -> None:
    """Policy files. 機構政策檔。"""


@institutions.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
def check(directory: Path | None) -> None:
    """Validate every policy file of DIRECTORY and name all that is wrong. 檢查資料夾內所有政策檔並列出全部錯誤。

    Without DIRECTORY the configured folder is checked. Nothing is changed. 未指定時檢查目前設定的資料夾，不做任何變更。
    """
    config = settings.CONFIG
    folder = directory or config.institutions_dir or SHIPPED
    try:
        registry = load(folder, staff_hosts=(config.staff_host, config.index_host))
        _describe(registry)
    except PolicyError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise click.ClickException(f"{len(error.problems)} wrong 項錯誤") from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(registry.all())} institutions in order · 政策檔正確")


def _describe(registry: Registry) -> None:
    for institution in registry.all():
        click.echo(
            f"{institution.slug:<16} {institution.profile:<10} {institution.host:<28} "
            f"{institution.branding.name.zh} {institution.branding.name.en} "
            f"({len(texts_for(institution))} texts 份文件)"
        )
