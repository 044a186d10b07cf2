"""sign, verify."""

import json
from pathlib import Path
from typing import Any

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.values import OrderFields, SignedOrder

_FIELDS = ("account", "side", "symbol", "quantity", "price", "currency")


@command(
    "sign",
    "Have the centre draft an order, compare it with what was asked for, sign it under the security setting, hand it in. "
    "Several orders come from a file, one JSON object a line; they are one session: setting 2 asks once for all.",
    secrets=(Secret.PASSWORD,),
    exits=(Exit.REFUSED, Exit.LOGIN, Exit.NETWORK, Exit.PASSWORD, Exit.STORE),
    examples=(
        (
            "certcenter sign --account 9A10-0324338 --side buy --symbol 2330 --quantity 1000 --price 612.5",
            "One order",
        ),
        ("certcenter sign --from orders.jsonl --out signed/", "Many, kept with their signatures"),
    ),
)
@click.option("--account", default="", help=word("Account, such as 9A10-0324338."))
@click.option("--side", type=click.Choice(["buy", "sell"]), help=word("Buy or sell."))
@click.option("--symbol", default="", help=word("What, such as 2330."))
@click.option("--quantity", default="", help=word("How much."))
@click.option("--price", default="", help=word("At which price, or `market`."))
@click.option("--currency", default="TWD", show_default=True, help=word("In which currency."))
@click.option(
    "--from",
    "source",
    type=click.File(encoding="utf-8"),
    help=word("Orders, a JSON object a line; - is standard input."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=word("Keep order and signature of each in this folder."),
)
def sign_command(shell: Shell, *, source: Any, out: Path | None, **fields: str | None) -> int:
    """Sign."""
    orders = _from_file(source) if source else (_order(fields),)
    with shell.working() as progress:
        done = shell.core.sign_orders(
            orders, ask=lambda: shell.asking.give(Secret.PASSWORD), progress=progress
        )
    for each in done:
        _keep(out, each)
        shell.say(word("Signed and accepted; evidence {number}.").format(number=each.evidence), style="green")
    shell.answer({"orders": [json.loads(each.order) | {"evidence": each.evidence} for each in done]})
    return Exit.DONE


def _from_file(source: Any) -> tuple[OrderFields, ...]:
    orders = []
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            orders.append(_order(json.loads(line)))
        except ValueError as error:
            raise HelperError(
                Kind.INPUT,
                "order-line",
                word("Line {number} is no order.").format(number=number),
                detail=str(error),
            ) from error
    return tuple(orders)


def _order(values: Any) -> OrderFields:
    given = {name: str(values[name]) for name in _FIELDS if isinstance(values, dict) and values.get(name)}
    missing = [name for name in _FIELDS[:-1] if name not in given]
    if missing:
        raise HelperError(
            Kind.INPUT, "order-field", word("The order lacks something."), detail=", ".join(missing)
        )
    return OrderFields(**given)


def _keep(folder: Path | None, signed: SignedOrder) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{signed.evidence}.json").write_bytes(signed.order)
    (folder / f"{signed.evidence}.p7s").write_bytes(signed.signature)


@command(
    "verify",
    "Verify a detached CMS signature over an order on this computer: shape, digest, signature, chain. The same files are "
    "accepted by `openssl cms -verify`. Whether the certificate was revoked, the centre alone knows.",
    exits=(Exit.REFUSED,),
    examples=(("certcenter verify order.json order.p7s", "An order and its signature"),),
)
@click.argument("order", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("signature", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def verify_command(shell: Shell, *, order: Path, signature: Path) -> int:
    """Verify."""
    found = shell.core.verify_order(order.read_bytes(), signature.read_bytes())
    shell.say(
        word("Signed by {who}, certificate {serial}.").format(who=found.signer, serial=found.serial),
        style="green",
    )
    for name, value in found.fields.items():
        shell.say(f"  {name}: {value}")
    for note in found.notes:
        shell.say(note, style="dim")
    shell.answer({"verified": found})
    return Exit.DONE
