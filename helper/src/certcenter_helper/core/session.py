"""Logging in and out (SPEC B1, E2; manual M0, 下載與登入)."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.home import Login
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import LoggedIn
from certcenter_helper.core.work import Cancel, Progress, Stage, Step


def log_in(
    desk: Desk,
    identity: str,
    password: str,
    *,
    picture: Callable[[bytes], str] | None,
    progress: Progress,
    cancel: Cancel,
) -> LoggedIn:
    """Ask for the captcha, answer it, log in; then learn who that is and what the policy says."""
    from certcenter_sdk.client import Call, calls

    identity = identity.strip().upper()
    if not identity or not password:
        raise HelperError(Kind.INPUT, "login-empty", text("ID and login password are both needed."))
    line = desk.open_line()
    try:
        progress(Step(Stage.CONNECTING, 5))
        challenge = line.send(calls.captcha())
        cancel.check()
        progress(Step(Stage.SOLVING, 30))
        body = {"identity": identity, "password": password, "captcha": _answered(challenge.values, picture)}
        if desk.known.device_token and desk.known.identity == identity:
            body["device_token"] = desk.known.device_token
        cancel.check()
        progress(Step(Stage.CONNECTING, 70))
        begun = line.send(Call(method="POST", path="sessions", body=body, read=lambda answer: answer))
    finally:
        line.close()
    return _keep(desk, identity, begun.values)


def log_out(desk: Desk) -> None:
    """Forget the session here, and end it at the centre where that can be reached."""
    login = desk.login
    if login is None:
        return
    from certcenter_sdk.client import calls

    line = desk.open_line(token=login.token, patient=False)
    try:
        line.send(calls.close_session())
    except HelperError as error:
        if error.kind is not Kind.LOGIN:
            raise HelperError(
                error.kind,
                error.code,
                text("Logged out here; the centre could not be told."),
                detail=error.detail,
                advice=text("There the session ends by itself within the hour."),
            ) from error
    finally:
        line.close()
        desk.end_session()


def _answered(challenge: Any, picture: Callable[[bytes], str] | None) -> str:
    kind = challenge.get("kind")
    if kind == "none":
        return ""
    if kind == "work":
        from certcenter_sdk.client.altcha import solve

        with told():
            return solve(challenge.get("work") or {})
    if kind == "image" and picture is not None:
        text_of_image = str(challenge.get("image") or "")
        png = base64.urlsafe_b64decode(text_of_image + "=" * (-len(text_of_image) % 4))
        return f"image:{challenge['token']}:{picture(png)}"
    raise HelperError(Kind.REFUSED, "captcha", text("The picture with letters must be read by a person."))


def _keep(desk: Desk, identity: str, begun: Any) -> LoggedIn:
    from certcenter_sdk.client import calls

    line = desk.open_line(token=str(begun["token"]))
    try:
        me = line.send(calls.me()).values
        login = Login(
            token=str(begun["token"]),
            identity=identity,
            name=str(me["name"]),
            masked=str(me["identity"]),
            expires_at=datetime.fromisoformat(str(begun["expires_at"])),
        )
        known = replace(
            desk.known,
            identity=identity,
            masked=login.masked,
            device_token=str(begun.get("device_token") or desk.known.device_token),
        )
        with told():
            desk.begin_session(login, known)
        desk.refresh_policy(line)
        desk.learn_time(line)
    finally:
        line.close()
    return LoggedIn(
        name=login.name,
        identity=login.masked,
        expires_at=login.expires_at,
        must_change=bool(begun.get("must_change")),
        new_device=bool(begun.get("new_device")),
    )
