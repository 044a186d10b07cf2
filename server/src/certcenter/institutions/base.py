"""What all policy models have in common, and the small types that several of them use."""

import string
from datetime import time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from certcenter.core.texts import Text


class PolicyModel(BaseModel):
    """Frozen; a key that no model knows is an error, for a misspelt limit would otherwise be no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def known_placeholders(texts: tuple[Text, ...], allowed: set[str]) -> tuple[Text, ...]:
    """Return `texts`. Raises ValueError where one names something in braces that nobody fills in."""
    for text in texts:
        for words in (text.zh, text.en):
            unknown = {
                name for _, name, _, _ in string.Formatter().parse(words) if name is not None
            } - allowed
            if unknown:
                raise ValueError(
                    f"unknown placeholder {{{min(unknown)}}}; known are {', '.join(sorted(allowed))}"
                )
    return texts


Count = Annotated[int, Field(ge=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")]
BranchCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2,8}$")]
"""What stands before an account's number; `Institution.branches` has the names."""
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9()#+ -]{6,24}$")]


class Branch(Text):
    """A branch's name, and its own telephone where it has one."""

    phone: Phone | None = None


DistinguishedValue = Annotated[str, StringConstraints(min_length=1, max_length=64)]
AuthorityName = Annotated[str, StringConstraints(min_length=1, max_length=48)]
"""One value in a distinguished name; 64 is the upper bound of RFC 5280, appendix A."""


class PasswordFailure(StrEnum):
    """Why a password breaks its rule."""

    TOO_SHORT = "password-too-short"
    TOO_LONG = "password-too-long"
    SYMBOLS = "password-symbols"
    """Something other than ASCII letters and digits: symbols, spaces, full-width characters."""
    IS_IDENTITY = "password-is-identity"
    IS_PERSONAL = "password-is-personal"
    """It contains the birth date, a phone number or an account number."""
    IS_COMMON = "password-is-common"
    IS_FORMER = "password-is-former"
    NOT_DIGITS = "password-not-digits"


class PasswordRule(PolicyModel):
    """Letters and digits, case-sensitive, within a length. Full-width characters are never accepted (SPEC F3)."""

    min_length: Annotated[int, Field(ge=4, le=64)]
    max_length: Annotated[int, Field(ge=4, le=128)] | None = None
    """Characters; no value: no upper limit but the form's own."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_length is not None and self.max_length < self.min_length:
            raise ValueError("max_length is below min_length")
        return self

    def failures(self, password: str, *, identity: str | None = None) -> tuple[PasswordFailure, ...]:
        """All that is wrong with `password`; empty if it may be used. It is never the customer's ID (SPEC E11)."""
        longest = self.max_length if self.max_length is not None else 128
        checks = {
            PasswordFailure.TOO_SHORT: len(password) < self.min_length,
            PasswordFailure.TOO_LONG: len(password) > longest,
            PasswordFailure.SYMBOLS: bool(password) and not (password.isascii() and password.isalnum()),
            PasswordFailure.IS_IDENTITY: identity is not None and password.casefold() == identity.casefold(),
        }
        return tuple(failure for failure, holds in checks.items() if holds)

    def describe(self) -> Text:
        """The rule as pages say it: 密碼請設定4~12碼，英文、數字皆可。"""
        if self.max_length is None:
            zh, en = f"{self.min_length}碼以上", f"{self.min_length} or more"
        elif self.max_length == self.min_length:
            zh, en = f"{self.min_length}碼", f"{self.min_length}"
        else:
            zh, en = f"{self.min_length}~{self.max_length}碼", f"{self.min_length} to {self.max_length}"
        return Text(
            zh=f"密碼請設定{zh}，英文、數字皆可。", en=f"Choose a password of {en} letters and digits."
        )


class ServiceHours(PolicyModel):
    """When people answer, on Taipei's clock."""

    opens: time
    closes: time
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)
    """ISO numbers, Monday is 1."""
    holidays: bool = True
    """Whether the holiday file closes the counter."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("closes is not after opens")
        return self
