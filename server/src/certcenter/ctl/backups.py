"""`certcenterctl backup`: database, CAs, history and secrets in one file, while the centre runs."""

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
from django.conf import settings

from certcenter.core import clock
from certcenter.ctl import archive, dumps
from certcenter.settings.model import SECRET_NAMES, Config


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--without-secrets",
    is_flag=True,
    help="Leave the secrets out, where they are kept apart; without them nobody can log in. 不含金鑰。",
)
def backup(file: Path, *, without_secrets: bool) -> None:
    """Write database, CA keys, audit checkpoints and secrets into FILE while the centre runs. 線上備份至單一檔案。

    FILE appears when it is whole and on disk, readable by its owner alone. Whoever has it can do all that this centre
    can: keep it encrypted and apart. 備份檔含有 CA 金鑰與機密，請加密並另存他處。
    """
    if file.exists():
        raise click.ClickException(f"{file} exists. 檔案已存在。")
    try:
        manifest = write_backup(file, settings.CONFIG, with_secrets=not without_secrets)
    except BlockingIOError as error:
        raise click.ClickException(f"another backup to {file} is under way. 另一備份作業進行中。") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or file}: {error.strerror or error}") from error
    except dumps.DumpFailed as error:
        raise click.ClickException(str(error)) from error
    size = file.stat().st_size
    click.echo(f"{file}: {len(manifest.files)} files 個檔案, {size:,} bytes")
    if without_secrets:
        click.echo(
            "WITHOUT the secrets: a restore needs them from elsewhere. 未含金鑰，還原時須另行提供。", err=True
        )
    else:
        click.echo(
            "It holds CA keys and secrets in usable form. 內含可用之 CA 金鑰與機密，請妥善保管。", err=True
        )


def write_backup(file: Path, config: Config, *, with_secrets: bool = True) -> archive.Manifest:
    """Write a backup of the centre; `file` gets its name when it is whole and on disk.

    The history's files are read before the database: a checkpoint over events that the copy lacks would look like
    events removed. Raises OSError, DumpFailed.
    """
    with archive.workshop(file) as folder:
        members: dict[str, Path | bytes] = dict(_frozen(config))
        if with_secrets:
            members |= {f"secrets/{name}": _secret(config, name) for name in SECRET_NAMES}
            signers = sorted(config.secrets_path.glob("mail-*.pem"))
            members |= {f"secrets/{path.name}": path.read_bytes() for path in signers}
        engine = _dump(config, folder / archive.DATABASE)
        members[archive.DATABASE] = folder / archive.DATABASE
        draft = folder / "draft"
        with draft.open("xb") as out:
            os.fchmod(out.fileno(), 0o600)
            created = clock.now().isoformat(timespec="seconds")
            manifest = archive.write(
                out, members, version=version("certcenter"), created=created, engine=engine
            )
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
        archive.sync_folder(file.resolve().parent)
    return manifest


def _frozen(config: Config) -> Iterator[tuple[str, bytes]]:
    """Read the files below the home, before the database is copied. Secrets come from the configuration."""
    for folder in archive.FOLDERS:
        if folder == "secrets":
            continue
        for path in sorted((config.home / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(config.home).parts)
            if path.is_file() and not hidden:
                yield path.relative_to(config.home).as_posix(), path.read_bytes()


def _secret(config: Config, name: str) -> bytes:
    """A secret as this process uses it, wherever it came from."""
    value: str = getattr(config, name).get_secret_value()
    return value.encode()


def _dump(config: Config, target: Path) -> str:
    if config.database_url == "sqlite":
        dumps.sqlite_dump(config.home / "certcenter.sqlite3", target)
        return "sqlite"
    dumps.postgres_dump(config.database_url, target)
    return "postgresql"
