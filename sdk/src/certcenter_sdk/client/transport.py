"""The two clients: thin shells over `core.Core` that do the waiting."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import httpx

from certcenter_sdk.client import calls, flows, life, phone
from certcenter_sdk.client.answers import Answer, ApiProblem
from certcenter_sdk.client.calls import Call, Session
from certcenter_sdk.client.core import Core, Outcome, Pause, Retry
from certcenter_sdk.client.flows import Flow, SignedOrder, Work
from certcenter_sdk.client.life import Customer, Installed, Keep, Pending
from certcenter_sdk.client.phone import Upload

T = TypeVar("T")
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class Client:
    """The synchronous client. `send` makes one call of `calls`, `run` one flow of `flows`."""

    def __init__(
        self,
        base_url: str,
        institution: str,
        *,
        session: Session | None = None,
        retry: Retry | None = None,
        language: str = "zh-Hant",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.core = Core(base_url, institution, language, retry or Retry(), session)
        self._http = httpx.Client(timeout=_TIMEOUT, transport=transport, trust_env=transport is None)

    def __enter__(self) -> Self:
        """Use it as a context manager, and connections end with it."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the session at the centre lives on."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Make one call.

        Raises:
            ApiProblem: the centre refuses.
            httpx.TransportError: the centre can't be reached.
        """
        steps = self.core.exchange(call)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the generator's return value, T
            outcome = self._perform(step)

    def _perform(self, step: httpx.Request | Pause) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.send(step)
        except httpx.TransportError as error:
            return error

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end; raises what its calls raise and the flow does not catch."""
        result: Any = None
        problem: ApiProblem | None = None
        while True:
            try:
                step = flow.throw(problem) if problem else flow.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the generator's return value, T
            problem = None
            try:
                result = step.do() if isinstance(step, Work) else self.send(step)
            except ApiProblem as refusal:
                problem = refusal

    def sign_in(self, identity: str, password: str, *, user_code: str = "") -> Session:
        """Log in with ID and password (a company's user with a code, too); the captcha is solved on the way."""
        self.core.session = self.run(flows.sign_in(identity, password, user_code=user_code))
        return self.core.session

    def sign_out(self) -> None:
        """Log out."""
        self.send(calls.close_session())
        self.core.session = None

    def apply(self, customer: Customer, pending: Pending, *, keep: Keep) -> Installed:
        """Apply, from consent to installed: `life.apply`."""
        return self.run(life.apply(self.core.place, customer, pending, keep=keep))

    def renew(self, customer: Customer, pending: Pending, *, old: Installed | None, keep: Keep) -> Installed:
        """Renew: `life.renew`."""
        return self.run(life.renew(self.core.place, customer, pending, old=old, keep=keep))

    def fetch(self, pending: Pending, *, keep: Keep) -> Installed:
        """Go on with an application that broke off: `life.fetch`."""
        return self.run(life.fetch(self.core.place, pending, keep=keep))

    def redownload(self, pending: Pending, *, keep: Keep) -> Installed:
        """Fetch once more what staff have opened: `life.redownload`."""
        return self.run(life.redownload(self.core.place, pending, keep=keep))

    def revoke(self, customer: Customer) -> Answer:
        """Revoke the certificate: `life.revoke`."""
        return self.run(life.revoke(customer))

    def place_order(self, fields: Mapping[str, str], installed: Installed) -> SignedOrder:
        """Have an order built, sign it and hand it in: `flows.place_order`."""
        return self.run(flows.place_order(fields, installed.key, installed.certificate))

    def send_to_phone(self, upload: Upload) -> None:
        """Send a PFX to a phone, after its code was compared: `phone.send`."""
        self.run(phone.send(self.core.place, upload))


class AsyncClient:
    """The asynchronous client (asyncio); the same calls and flows."""

    def __init__(
        self,
        base_url: str,
        institution: str,
        *,
        session: Session | None = None,
        retry: Retry | None = None,
        language: str = "zh-Hant",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.core = Core(base_url, institution, language, retry or Retry(), session)
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, transport=transport, trust_env=transport is None)

    async def __aenter__(self) -> Self:
        """Use it as a context manager, and connections end with it."""
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; the session at the centre lives on."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Make one call; raises as `Client.send`."""
        steps = self.core.exchange(call)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the generator's return value, T
            outcome = await self._perform(step)

    async def _perform(self, step: httpx.Request | Pause) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._http.send(step)
        except httpx.TransportError as error:
            return error

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end, as `Client.run`; work that keeps a processor busy is done in a thread."""
        result: Any = None
        problem: ApiProblem | None = None
        while True:
            try:
                step = flow.throw(problem) if problem else flow.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the generator's return value, T
            problem = None
            try:
                result = await (asyncio.to_thread(step.do) if isinstance(step, Work) else self.send(step))
            except ApiProblem as refusal:
                problem = refusal

    async def sign_in(self, identity: str, password: str, *, user_code: str = "") -> Session:
        """Log in with ID and password (a company's user with a code, too); the captcha is solved on the way."""
        self.core.session = await self.run(flows.sign_in(identity, password, user_code=user_code))
        return self.core.session

    async def sign_out(self) -> None:
        """Log out."""
        await self.send(calls.close_session())
        self.core.session = None

    async def apply(self, customer: Customer, pending: Pending, *, keep: Keep) -> Installed:
        """Apply, from consent to installed: `life.apply`."""
        return await self.run(life.apply(self.core.place, customer, pending, keep=keep))

    async def renew(
        self, customer: Customer, pending: Pending, *, old: Installed | None, keep: Keep
    ) -> Installed:
        """Renew: `life.renew`."""
        return await self.run(life.renew(self.core.place, customer, pending, old=old, keep=keep))

    async def fetch(self, pending: Pending, *, keep: Keep) -> Installed:
        """Go on with an application that broke off: `life.fetch`."""
        return await self.run(life.fetch(self.core.place, pending, keep=keep))

    async def redownload(self, pending: Pending, *, keep: Keep) -> Installed:
        """Fetch once more what staff have opened: `life.redownload`."""
        return await self.run(life.redownload(self.core.place, pending, keep=keep))

    async def revoke(self, customer: Customer) -> Answer:
        """Revoke the certificate: `life.revoke`."""
        return await self.run(life.revoke(customer))

    async def place_order(self, fields: Mapping[str, str], installed: Installed) -> SignedOrder:
        """Have an order built, sign it and hand it in: `flows.place_order`."""
        return await self.run(flows.place_order(fields, installed.key, installed.certificate))

    async def send_to_phone(self, upload: Upload) -> None:
        """Send a PFX to a phone, after its code was compared: `phone.send`."""
        await self.run(phone.send(self.core.place, upload))
