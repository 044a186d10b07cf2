"""What all commands work with: the institution, its policy, the session, the store. One per command core."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.home import Home, Known, Login, with_policy
from certcenter_helper.core.policy import Policy
from certcenter_helper.core.texts import language, text
from certcenter_helper.core.troubles import told
from certcenter_sdk import clock
from certcenter_sdk.store import Location, StoreView, location_for

if TYPE_CHECKING:
    from certcenter_helper.core.line import Line
    from certcenter_sdk.store import KeyStore


_SAME_TIME: Final = 60.0


class Desk:
    """The state behind the commands. Reading it never uses the network unless a method says so."""

    def __init__(self, home: Home, known: Known) -> None:
        self.home = home
        self.known = known
        self._login: Login | None = home.login(known.house.slug)

    @property
    def slug(self) -> str:
        """The institution's slug."""
        return self.known.house.slug

    # The session

    @property
    def login(self) -> Login | None:
        """The session, unless there is none or it has ended."""
        return self._login

    def begin_session(self, login: Login, known: Known) -> None:
        """Keep a new session."""
        self._login, self.known = login, known
        for name in ("store", "view"):
            self.__dict__.pop(name, None)
        self.home.remember(known)
        self.home.keep_login(self.slug, login)

    def end_session(self) -> None:
        """Forget the session."""
        self._login = None
        self.home.forget_login(self.slug)

    def now(self) -> datetime:
        """What time it is at the centre: by this computer's clock, and how far that was off when the centre last spoke."""
        ahead = self._login.ahead if self._login else 0.0
        return clock.now() - timedelta(seconds=ahead)

    def learn_time(self, line: "Line") -> None:
        """Keep how far this computer's clock is off, so that a wrong one ends no session and no certificate."""
        ahead = line.ahead.total_seconds()
        if self._login is not None and abs(ahead - self._login.ahead) > _SAME_TIME:
            self._login = replace(self._login, ahead=ahead)
            self.home.keep_login(self.slug, self._login)

    def line(self) -> "Line":
        """A connection with the session. Raises HelperError (LOGIN) without one."""
        if self._login is None:
            raise HelperError(
                Kind.LOGIN, "not-logged-in", text("You are not logged in."), advice=text("Log in first.")
            )
        return self.open_line(token=self._login.token)

    def open_line(self, *, token: str = "", patient: bool = True) -> "Line":
        """A connection for what anybody may ask."""
        from certcenter_helper.core.line import Line

        with told():
            try:
                return Line(self.known.house, token=token, patient=patient)
            except ValueError as error:
                raise HelperError(
                    Kind.INPUT,
                    "centre-address",
                    text("The centre must be reached over https."),
                    detail=str(error),
                ) from error

    # What the institution wants

    @property
    def policy(self) -> Policy:
        """The policy of the last visit, asked for where this computer has never had it."""
        if "_policy" not in self.__dict__:
            kept = self.home.policy(self.slug, language())
            self.__dict__["_policy"] = Policy(kept) if kept is not None else self.refresh_policy()
        found: Policy = self.__dict__["_policy"]
        return found

    def refresh_policy(self, line: "Line | None" = None) -> Policy:
        """Ask for the policy and keep it for offline. Uses the network."""
        from certcenter_sdk.client import calls

        own = line or self.open_line()
        try:
            values = dict(own.send(calls.policy()).values)
        finally:
            if line is None:
                own.close()
        self.home.keep_policy(self.slug, language(), values)
        self.known = with_policy(self.known, values)
        self.home.remember(self.known)
        found = Policy(values)
        self.__dict__["_policy"] = found
        return found

    # What this computer holds

    @property
    def identity(self) -> str:
        """Whose store this is: who is logged in, else who was here last; empty for nobody."""
        return self._login.identity if self._login else self.known.identity

    @property
    def masked(self) -> str:
        """The same, masked."""
        return self._login.masked if self._login else self.known.masked

    @cached_property
    def store(self) -> "KeyStore":
        """The key store of this customer at this institution. Raises HelperError (LOGIN) where nobody ever logged in."""
        from certcenter_sdk.store import KeyStore

        return KeyStore(self._location())

    @cached_property
    def view(self) -> StoreView:
        """The same for looking alone, which starts sooner. Raises as `store`."""
        return StoreView(self._location())

    def _location(self) -> Location:
        if not self.identity:
            raise HelperError(
                Kind.LOGIN,
                "not-logged-in",
                text("Nobody has logged in on this computer yet."),
                advice=text("Log in first."),
            )
        with told():
            base = self.home.base
            return location_for(self.policy.values, self.identity, base=base, home=base)
