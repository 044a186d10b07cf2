"""SMS through a provider's HTTP interface: POST of JSON with a bearer token and an idempotency key.

The body is {"to", "text", "reference"}. Any 2xx is success; 409 says that this key was sent already.
"""

import httpx

from certcenter.notifications.gateways.interface import PermanentFailure, TemporaryFailure
from certcenter.notifications.messages import Message

_TIMEOUT = httpx.Timeout(15, connect=5)
#: What is wrong with the moment or with our own account (token, URL), not with this message: an operator can mend it.
_AGAIN = {401, 402, 403, 404, 408, 425, 429}
_SENT_ALREADY = 409


class HttpSmsGateway:
    """Posts to `url`; the connection is kept for the next message."""

    def __init__(self, url: str, *, token: str, client: httpx.Client | None = None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = client or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def send(self, message: Message) -> None:
        """Post one SMS. Raises TemporaryFailure or PermanentFailure: this message or number is refused."""
        body = {"to": message.address, "text": message.text, "reference": message.key}
        try:
            answer = self._client.post(
                self._url, json=body, headers={**self._headers, "Idempotency-Key": message.key}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TemporaryFailure(f"sms: {type(error).__name__}") from None
        if answer.is_success or answer.status_code == _SENT_ALREADY:
            return
        detail = f"sms: HTTP {answer.status_code}"
        if answer.is_server_error or answer.status_code in _AGAIN:
            raise TemporaryFailure(detail)
        raise PermanentFailure(detail)
