"""`certcenterctl ca`: what certificate authorities there are, without opening a key."""

from collections.abc import Iterator
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import Count

from certcenter.ca.embedded.hierarchy import read_certificate
from certcenter.ca.errors import CaError
from certcenter.certificates import authority
from certcenter.certificates.models import Certificate
from certcenter.core.taiwan import to_taipei

#: The CA's own certificates, as their files are named.
_OWN = ("root", "issuing", "ocsp")


@click.group()
def ca() -> None:
    """Certificate authorities. 憑證機構。"""


@ca.command()
@click.argument("name", required=False)
@click.option(
    "--pem", is_flag=True, help="Print the CA certificates, issuing CA first, and nothing else. 只輸出 PEM。"
)
def show(name: str | None, *, pem: bool) -> None:
    """Show all CAs, or the one called NAME: certificates, key type, CRL shards, URLs, number of certificates issued.

    檢視憑證機構的憑證、金鑰種類、CRL 分片、發布網址及簽發數量。
    """
    registry = authority.authorities()
    names = [name] if name else list(registry.names())
    if not names:
        raise click.ClickException("there is no CA yet: run `certcenterctl init`. 尚未建立憑證機構。")
    try:
        for each in names:
            for line in _pem(each) if pem else _description(each):
                click.echo(line)
    except CaError as error:
        raise click.ClickException(error.detail) from error


def _pem(name: str) -> Iterator[str]:
    folder = authority.authorities().directory(name)
    for which in ("issuing", "root"):
        yield read_certificate(folder / f"{which}.crt").public_bytes(Encoding.PEM).decode().rstrip()


def _description(name: str) -> Iterator[str]:
    registry = authority.authorities()
    config, folder = registry.config(name), registry.directory(name)
    yield f"{name}"
    yield f"  key type 金鑰種類       {config.key_type}"
    yield f"  institutions 機構       {', '.join(profile.name for profile in config.profiles)}"
    yield f"  publication URL 發布    {config.publication_url}"
    yield f"  OCSP                    {config.ocsp_url()}"
    yield f"  CRL shards 分片         {config.shards} ({config.crl_url(0)} …)"
    for which in _OWN:
        yield from _own_certificate(folder, which)
    yield f"  certificates 已簽發     {_counts(name)}"


def _own_certificate(folder: Path, which: str) -> Iterator[str]:
    certificate: x509.Certificate = read_certificate(folder / f"{which}.crt")
    begin, end = to_taipei(certificate.not_valid_before_utc), to_taipei(certificate.not_valid_after_utc)
    yield f"  {which}"
    yield f"    subject 主體          {certificate.subject.rfc4514_string()}"
    yield f"    serial 序號           {certificate.serial_number:x}"
    yield f"    validity 效期         {begin:%Y-%m-%d %H:%M:%S} … {end:%Y-%m-%d %H:%M:%S} (Asia/Taipei)"


def _counts(name: str) -> str:
    rows = (
        Certificate.objects.filter(ca=name).values_list("state").annotate(count=Count("pk")).order_by("state")
    )
    counts = {str(state): count for state, count in rows}
    details = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"{sum(counts.values())}" + (f" ({details})" if details else "")
