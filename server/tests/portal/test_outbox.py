"""The demo's outbox, for people and for programs; nowhere else."""

import pytest
from django.test import Client

from certcenter.core import clock
from certcenter.notifications.models import DemoMessage


@pytest.fixture
def client(sqlite_engine, settings):
    settings.CONFIG = settings.CONFIG.model_copy(update={"mode": "demo"})
    client = Client(HTTP_HOST="127.0.0.1")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def sent(
    count=1, *, institution="sample", address="0936000054", channel="sms", text="HFCR-123456", subject=""
):
    for _ in range(count):
        DemoMessage.objects.create(
            key=f"k{DemoMessage.objects.count()}",
            institution=institution,
            channel=channel,
            address=address,
            subject=subject,
            text=text,
            created_at=clock.now(),
        )


def test_page(client):
    assert "No messages yet" in client.get("/outbox").content.decode()
    sent()
    sent(channel="email", address="a@example.com", subject="[樣本證券] <b>", text="Dear\n<script>")
    page = client.get("/outbox").content.decode()
    assert page.index("a@example.com") < page.index("0936000054")  # newest first
    assert "樣本證券" in page or "Sample Securities" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_filters_and_keyset(client):
    sent(35)
    sent(institution="demo", address="0912000001", text="other")
    first = client.get("/outbox", {"institution": "sample"})
    assert "other" not in first.content.decode()
    assert len(first.context["rows"]) == 30
    rest = client.get(f"/outbox?{first.context['older']}")
    assert len(rest.context["rows"]) == 5
    assert [
        row["message"].address for row in client.get("/outbox", {"address": "0912000001"}).context["rows"]
    ] == ["0912000001"]


def test_json(client):
    sent(2)
    sent(institution="demo")
    everything = client.get("/outbox.json").json()
    assert [each["id"] for each in everything["messages"]] == [3, 2, 1]
    assert set(everything["messages"][0]) == {
        "id",
        "institution",
        "channel",
        "address",
        "subject",
        "text",
        "time",
        "signed_by",
    }
    assert [
        each["id"] for each in client.get("/outbox.json?institution=sample&after=1").json()["messages"]
    ] == [2]
    assert client.get("/outbox.json?after=3").json() == {"messages": [], "more": False}


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "１", "1.5", ""])
def test_rubbish_in_numbers_is_no_number(client, number):
    sent()
    assert len(client.get("/outbox.json", {"after": number}).json()["messages"]) == 1


@pytest.mark.parametrize("mode", ["test", "production"])
def test_there_is_none_elsewhere(client, settings, mode):
    settings.CONFIG = settings.CONFIG.model_copy(update={"mode": mode})
    assert client.get("/outbox").status_code == 404
    assert client.get("/outbox.json").status_code == 404


def test_institutions_have_none(client):
    assert Client(HTTP_HOST="sample.localhost").get("/outbox").status_code == 404


@pytest.mark.spec("E10")
def test_rubbish_in_the_address_is_nobodys_message(engine, settings):
    """PostgreSQL compares no NUL."""
    settings.CONFIG = settings.CONFIG.model_copy(update={"mode": "demo"})
    sent()
    answer = Client(HTTP_HOST="127.0.0.1").get("/outbox.json?address=a%00&institution=%00&after=%00")
    assert (answer.status_code, answer.json()["messages"]) == (200, [])
