"""`certcenterctl downloads`: the desktop helper's files, offered on each institution's front page."""

from pathlib import Path

import click

from certcenter.content import downloads as files
from certcenter.content.downloads import System


@click.group()
def downloads() -> None:
    """Offer the desktop helper's files on the front pages. 提供憑證小幫手下載檔。"""


@downloads.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", type=click.Choice([each.value for each in System]), required=True, help="作業系統")
@click.option("--release", required=True, help="Version of the helper, such as 0.1.0. 版本")
def add(file: Path, system: str, release: str) -> None:
    """Copy FILE into the folder of downloads and offer it, with its SHA-256. 加入檔案並計算 SHA-256。"""
    new = files.add(file, system=System(system), version=release)
    click.echo(f"{new.system}  {new.version}  {new.size}  {new.sha256}  {new.file}")


@downloads.command()
def check() -> None:
    """List what is offered; exit code 1 where a file is missing or was changed. 檢查下載檔是否完整。"""
    for system, entry in files.offered().items():
        click.echo(
            f"{system}  " + (f"{entry.version}  {entry.size}  {entry.sha256}  {entry.file}" if entry else "–")
        )
    if wrong := files.broken():
        names = ", ".join(each.file for each in wrong)
        raise click.ClickException(f"missing or changed: {names}. 檔案遺失或遭變更。")
