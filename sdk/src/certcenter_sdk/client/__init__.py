"""The typed client of a Certcenter: the same calls and flows, synchronous or asynchronous."""

from certcenter_sdk.client.answers import Answer, ApiProblem
from certcenter_sdk.client.calls import Call, Session
from certcenter_sdk.client.core import Retry
from certcenter_sdk.client.life import Customer, Installed, Pending, SentCode
from certcenter_sdk.client.phone import Upload
from certcenter_sdk.client.transport import AsyncClient, Client

__all__ = [
    "Answer",
    "ApiProblem",
    "AsyncClient",
    "Call",
    "Client",
    "Customer",
    "Installed",
    "Pending",
    "Retry",
    "SentCode",
    "Session",
    "Upload",
]
