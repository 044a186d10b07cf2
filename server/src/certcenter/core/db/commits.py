"""What a process keeps in memory about its transaction must become true with the commit, and only then.

Django's `on_commit` list forgets what a rolled-back savepoint registered, which is exactly what such memory needs;
but its callbacks run after the commit one by one, and one that raises silences the rest. So a `Tentative`
travels in that list, and the connection itself settles it around the COMMIT.
"""

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


class Tentative(ABC):
    """Knowledge that waits for the outcome of its transaction."""

    @abstractmethod
    def doubt(self) -> None:
        """COMMIT is about to be sent: from here on, nobody knows until `confirm`."""

    @abstractmethod
    def confirm(self) -> None:
        """COMMIT was answered: it is true."""

    @abstractmethod
    def __call__(self) -> None:
        """Django calls this after the commit, when it is settled already."""


T = TypeVar("T", bound=Tentative)


class SettlesTentatives:
    """Mixin for a database wrapper: settles each `Tentative` of the transaction around its COMMIT.

    An error or an interruption between `doubt` and `confirm` leaves the doubt standing: an *unclear* commit.
    """

    run_on_commit: list[Any]

    def _commit(self) -> Any:
        tentatives = tentatives_of(self)
        for tentative in tentatives:
            tentative.doubt()
        answer = super()._commit()  # type: ignore[misc]  # the wrapper that this is mixed into has it
        for tentative in tentatives:
            tentative.confirm()
        return answer


def tentatives_of(connection: "BaseDatabaseWrapper | SettlesTentatives") -> list[Tentative]:
    """Return what waits for the current transaction's end, oldest first, without what a savepoint undid."""
    return [entry[1] for entry in connection.run_on_commit if isinstance(entry[1], Tentative)]


def newest_of(connection: BaseDatabaseWrapper, kind: type[T]) -> T | None:
    """Return the newest tentative of a kind in the current transaction; the list is read from its end."""
    entries = reversed(connection.run_on_commit)
    return next((entry[1] for entry in entries if isinstance(entry[1], kind)), None)


def hold(tentative: Tentative, *, using: str) -> None:
    """Let `tentative` be settled with the current transaction. Call inside `atomic()`."""
    transaction.on_commit(tentative, using=using)
