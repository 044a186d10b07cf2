"""`certcenterctl restore`: bring a backup back into an empty home and an empty database.

Django is not started: a centre without secrets has no settings. Order: every hash checked → all files written beside
the home and synced → PostgreSQL filled in one transaction → the home takes its name. A kill leaves no home; the same
command goes on from there.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import click
from pydantic import ValidationError

from certcenter.ctl import archive, dumps
from certcenter.settings.model import SECRET_NAMES, Config

#: Restored, but the history that came back has findings.
FINDINGS = 4
#: In the workshop: the database was empty when we began to fill it. Beside the home, never in it.
_LOADING = "loading"
_SQLITE = "certcenter.sqlite3"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check-only", is_flag=True, help="Check the file, write nothing. 只檢查備份檔。")
def restore(file: Path, *, check_only: bool) -> None:
    """Bring the backup FILE back into CERTCENTER_HOME and CERTCENTER_DATABASE_URL; both must be empty. 由備份檔還原。

    Every hash is checked before anything is written. Afterwards the audit trail is verified. Run `certcenterctl init` when
    this version is newer than the backup's. 還原前檢查全部雜湊值，還原後驗證稽核軌跡。

    Exit code 0: restored and verified. 1: refused, nothing changed. 4: restored, but the audit trail has findings.
    結束代碼 0 完成，1 拒絕且未變更，4 已還原但稽核軌跡異常。
    """
    try:
        manifest = archive.check(file)
        click.echo(
            f"{file}: {manifest.engine}, Certcenter {manifest.certcenter}, {manifest.created}, "
            f"{len(manifest.files)} files in order 個檔案正確"
        )
        if check_only:
            return
        config = Config()
        _require_fit(manifest, config)
        bring_back(file, manifest, config)
    except ValidationError as error:
        raise click.ClickException(f"configuration 設定: {error}") from error
    except (archive.NotABackup, dumps.DumpFailed) as error:
        raise click.ClickException(f"{error}") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or file}: {error.strerror or error}") from error
    click.echo(f"restored 已還原: {config.home}")
    _say_about_secrets(manifest, config)
    _verify()


def bring_back(file: Path, manifest: archive.Manifest, config: Config) -> None:
    """Fill the empty home and database, whole or not at all. Raises NotABackup, DumpFailed, OSError, ClickException."""
    home = config.home.resolve()
    with _workshop(home) as folder:
        _require_empty_home(home)
        home.parent.mkdir(parents=True, exist_ok=True)
        again = _is_ours(folder, manifest)
        _require_empty_database(config, again=again)
        draft = folder / "home"
        _clear(folder, keep=_LOADING if again else "")
        archive.extract(file, draft, manifest)
        if manifest.engine == "sqlite":
            (draft / archive.DATABASE).rename(draft / _SQLITE)
        else:
            _load(folder, draft, manifest, config)
        archive.sync_folder(draft)
        draft.rename(home)  # an empty folder of that name gives way (rename(2))
        archive.sync_folder(home.parent)
        _clear(folder, keep="")
    folder.rmdir()


def _load(folder: Path, draft: Path, manifest: archive.Manifest, config: Config) -> None:
    """Fill PostgreSQL, unless an earlier run that was killed has done so."""
    if dumps.postgres_is_empty(config.database_url):
        _note(folder / _LOADING, _identity(manifest))
        dumps.postgres_load(config.database_url, draft / archive.DATABASE)
    (draft / archive.DATABASE).unlink()


@contextmanager
def _workshop(home: Path) -> Iterator[Path]:
    """Yield the folder beside the home that survives a kill; one restore at a time."""
    folder = home.with_name(f".{home.name}.restoring")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    except BlockingIOError as error:
        raise click.ClickException("another restore is under way. 另一還原作業進行中。") from error
    finally:
        os.close(handle)


def _require_empty_home(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise click.ClickException(
            f"{home} is not empty: nothing was changed. 資料夾不是空的，未做任何變更。"
        )
    if home.is_mount():
        raise click.ClickException(
            f"{home} is a mount point: set CERTCENTER_HOME to a folder in it. 掛載點不可作為資料夾，請改用其子資料夾。"
        )


def _require_empty_database(config: Config, *, again: bool) -> None:
    if config.database_url == "sqlite" or again:
        return
    if not dumps.postgres_is_empty(config.database_url):
        raise click.ClickException(
            "the database is not empty: nothing was changed. 資料庫不是空的，未做任何變更。"
        )


def _require_fit(manifest: archive.Manifest, config: Config) -> None:
    engine = "sqlite" if config.database_url == "sqlite" else "postgresql"
    if manifest.engine != engine:
        raise click.ClickException(
            f"the backup is of {manifest.engine}, CERTCENTER_DATABASE_URL names {engine}. 備份與設定的資料庫種類不同。"
        )
    installed = version("certcenter")
    if _numbers(manifest.certcenter) > _numbers(installed):
        raise click.ClickException(
            f"the backup is of Certcenter {manifest.certcenter}, this is {installed}: upgrade first. 請先升級。"
        )


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:3] if part.isdigit())


def _is_ours(folder: Path, manifest: archive.Manifest) -> bool:
    """Whether a killed run of this very backup had found the database empty and begun to fill it."""
    note = folder / _LOADING
    return note.exists() and note.read_text() == _identity(manifest)


def _identity(manifest: archive.Manifest) -> str:
    return f"{manifest.created} {manifest.files[archive.DATABASE].sha256}\n"


def _note(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    archive.sync_folder(path.parent)


def _clear(folder: Path, *, keep: str) -> None:
    """Delete what a killed run left, but the file `keep`."""
    shutil.rmtree(folder / "home", ignore_errors=True)
    for entry in folder.iterdir():
        if entry.name != keep:
            entry.unlink()


def _say_about_secrets(manifest: archive.Manifest, config: Config) -> None:
    if not any(name in manifest.files for name in (f"secrets/{each}" for each in SECRET_NAMES)):
        click.echo("the backup has no secrets: put yours in place. 備份未含金鑰，請自行放置。", err=True)
    elif config.secrets_dir is not None:
        click.echo(
            f"CERTCENTER_SECRETS is set: the restored ones lie in {config.home / 'secrets'} unused. "
            "已設定 CERTCENTER_SECRETS，還原的金鑰未被使用。",
            err=True,
        )


def _verify() -> None:
    """Verify the history in a process of its own, which reads the restored secrets."""
    command = [sys.executable, "-m", "certcenter.ctl", "audit", "verify", "--full", "--sequence"]
    click.echo("audit verify 驗證稽核軌跡:")
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own interpreter
        click.echo("the audit trail could not be verified. 稽核軌跡驗證未通過。", err=True)
        raise SystemExit(FINDINGS)
