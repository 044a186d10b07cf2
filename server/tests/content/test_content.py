"""Versioned documents and consents, through actions and queries on a real database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from certcenter.content import actions, queries
from certcenter.content.blocks import Block, Body, UnknownPlaceholder
from certcenter.content.errors import ConsentSuperseded, DocumentChanged
from certcenter.content.models import ConsentGiven, Document
from certcenter.content.texts import texts_for
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.texts import Text
from certcenter.institutions.registry import SHIPPED, load

STAFF = Actor(kind=ActorKind.STAFF, institution="sample", id="staff-7", address="192.0.2.7")
CUSTOMER = Actor(
    kind=ActorKind.CUSTOMER,
    institution="sample",
    id="12",
    address="192.0.2.1",
    session="s" * 64,
    user_agent="x" * 999,
)


@pytest.fixture(scope="module")
def registry():
    return load()


def body(words="同意"):
    return Body(
        title=Text(zh="同意書", en="Consent"),
        blocks=(Block(kind="paragraph", texts=(Text(zh=words, en="I agree"),)),),
    )


def publish(words="同意", *, after=0, actor=STAFF, kind="consent-apply", key="terms"):
    return actions.publish("sample", kind=kind, key=key, body=body(words), after_version=after, actor=actor)


def consent(document, **changes):
    given = {"version": document.version, "sha256": document.sha256} | changes
    return actions.give_consent(
        12, institution="sample", kind="consent-apply", purpose="apply", actor=CUSTOMER, **given
    )


# --- Versions ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_version_takes_over_and_the_old_one_stays_readable():
    first = publish("一")
    later = clock.now() + timedelta(hours=1)
    with clock.at(later):
        second = publish("二", after=1)
    assert (first.version, second.version) == (1, 2)
    assert queries.current("sample", "consent-apply", at=later) == second
    assert queries.current("sample", "consent-apply", at=later - timedelta(seconds=1)) == first
    assert queries.current("sample", "consent-apply", at=first.published_at - timedelta(seconds=1)) is None
    assert queries.current("demo", "consent-apply", at=later) is None
    assert [each.version for each in queries.versions("sample", "consent-apply", "terms")] == [2, 1]


@pytest.mark.django_db
def test_publishing_over_somebody_elses_version_is_refused():
    publish("一")
    publish("二", after=1)
    with pytest.raises(DocumentChanged):
        publish("三", after=1)
    assert Document.objects.count() == 2


@pytest.mark.django_db
def test_retired_once():
    document = publish(kind="faq", key="what")
    actions.retire(document, actor=STAFF)
    assert queries.all_current("sample", "faq") == []
    with pytest.raises(DocumentChanged):
        actions.retire(document, actor=STAFF)
    assert publish(kind="faq", key="what", after=1).version == 2


@pytest.mark.django_db
def test_the_database_allows_one_current_version():
    document = publish()
    document.pk, document.version = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        document.save()


def test_the_hash_covers_both_languages():
    other = Body(
        title=Text(zh="同意書", en="Consent"),
        blocks=(Block(kind="paragraph", texts=(Text(zh="同意", en="I disagree"),)),),
    )
    assert body().sha256() != other.sha256()
    assert body().sha256() == body().sha256()


# --- Consents ---------------------------------------------------------------------------------------------------


@pytest.mark.spec("A3", "D6")
@pytest.mark.django_db
def test_a_consent_is_kept_with_version_hash_time_and_address():
    document = publish()
    given = consent(document)
    kept = ConsentGiven.objects.get(pk=given.pk)
    assert (kept.customer_id, kept.version, kept.sha256) == (12, 1, document.sha256)
    assert (kept.address, kept.session, len(kept.user_agent)) == ("192.0.2.1", "s" * 64, 300)
    assert kept.given_at <= clock.now()
    assert queries.consents_of("sample", 12) == [given]
    assert queries.consents_of("demo", 12) == []
    with pytest.raises(ProtectedError):
        document.delete()


@pytest.mark.spec("E10")
@pytest.mark.django_db
def test_a_superseded_version_is_refused():
    first = publish("一")
    publish("二", after=1)
    with pytest.raises(ConsentSuperseded) as caught:
        consent(first)
    assert (caught.value.code, caught.value.status) == ("consent-superseded", 409)
    assert not ConsentGiven.objects.exists()


@pytest.mark.django_db
def test_right_version_with_another_text_is_refused():
    document = publish()
    with pytest.raises(ConsentSuperseded):
        consent(document, sha256="0" * 64)
    with pytest.raises(ConsentSuperseded):
        consent(document, version=2)


@pytest.mark.django_db
def test_nothing_to_consent_to():
    with pytest.raises(ConsentSuperseded):
        consent(Document(version=1, sha256="0" * 64))


# --- Shipped texts ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_loading_twice_publishes_once(registry):
    assert actions.load_texts(registry) == Document.objects.count() > 0
    assert actions.load_texts(registry) == 0


@pytest.mark.django_db
def test_a_changed_number_publishes_that_text_anew(registry, tmp_path):
    actions.load_texts(registry)
    before = queries.current("sample", "consent-revoke")
    assert "一年以2次為限" in str(before.body)
    changed = _with_limit(tmp_path, 5)
    assert actions.load_texts(changed) > 0
    after = queries.current("sample", "consent-revoke")
    assert (after.version, "一年以5次為限" in str(after.body)) == (2, True)
    assert actions.load_texts(registry) > 0  # and back
    assert queries.current("sample", "consent-revoke").sha256 == before.sha256


def _with_limit(folder, limit):
    for path in SHIPPED.glob("*.toml"):
        (folder / path.name).write_text(
            path.read_text().replace("yearly_limit = 2", f"yearly_limit = {limit}")
        )
    return load(folder)


@pytest.mark.django_db
def test_what_staff_published_or_retired_is_left_alone(registry):
    actions.load_texts(registry)
    mine = publish("本公司的文字", after=1)
    gone = queries.all_current("sample", "announcement")[0]
    actions.retire(gone, actor=STAFF)
    assert actions.load_texts(registry) == 0
    assert queries.current("sample", "consent-apply") == mine
    assert queries.current("sample", "announcement", gone.key) is None


@pytest.mark.django_db
def test_a_shipped_text_that_no_longer_applies_is_retired(registry, tmp_path):
    actions.load_texts(registry)
    assert queries.current("sample", "announcement", "test-environment")
    for path in SHIPPED.glob("*.toml"):
        (tmp_path / path.name).write_text(
            path.read_text().replace("test_environment = true", "test_environment = false")
        )
    actions.load_texts(load(tmp_path))
    assert queries.current("sample", "announcement", "test-environment") is None
    actions.load_texts(registry)
    assert queries.current("sample", "announcement", "test-environment").version == 2


@pytest.mark.spec("A14", "F4")
def test_every_institution_has_its_texts_in_both_languages(registry):
    for institution in registry.all():
        texts = texts_for(institution)
        keys = {
            kind: [each.key for each in texts if each.kind == kind] for kind in {each.kind for each in texts}
        }
        assert keys["consent-apply"] == ["terms"]
        assert len(keys["faq"]) >= 10, institution.slug
        assert len(keys["instruction"]) >= 5, institution.slug
        assert keys["announcement"]
        assert ("consent-revoke" in keys) == (institution.revocation.online != "staff-only")
        for each in texts:
            for text in (each.body.title, *(text for block in each.body.blocks for text in block.texts)):
                assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
                assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en), text


@pytest.mark.spec("A5")
@pytest.mark.django_db
def test_the_revocation_consent_names_the_customer_and_the_limit(registry):
    actions.load_texts(registry)
    document = queries.current("sample", "consent-revoke")
    values = {"customer_name": "王三", "masked_id": "A120****53", "roc_date": "111年4月22日"}
    zh = "\n".join(words for part in document.paragraphs("zh-hant", values) for words in part.texts)
    assert document.title("zh-hant") == "樣本證券股份有限公司CA憑證註銷同意書"
    assert (
        "本人王三 已同意於樣本證券股份有限公司開立電子交易帳戶，因憑證遺失或失效，同意進行線上申請憑證註銷。"
        in zh
    )
    assert "身份證字號/統編：A120****53" in zh
    assert "申請日期：111年4月22日" in zh
    assert (
        "「線上憑證註銷」一年以2次為限，若超過上述規定則需請您本人攜帶雙證件(身分證與第二證件)及原留印鑑至原開戶分公司辦理。"
        in zh
    )
    en = "\n".join(words for part in document.paragraphs("en", values) for words in part.texts)
    assert "2 times a year" in en
    assert "{" not in zh + en


def test_a_customers_name_is_never_a_placeholder_itself():
    text = Body(
        title=Text(zh="甲", en="A"), blocks=(Block(kind="note", texts=(Text(zh="{customer_name}", en="x"),)),)
    )
    document = Document(body=text.model_dump())
    assert document.paragraphs("zh-hant", {"customer_name": "{masked_id}", "masked_id": "secret"})[
        0
    ].texts == ("{masked_id}",)


def test_an_unknown_placeholder_is_named():
    text = Body(title=Text(zh="{nothing}", en="x"), blocks=body().blocks)
    with pytest.raises(UnknownPlaceholder, match="unknown placeholder"):
        text.filled({})


def test_texts_follow_the_policy(registry):
    def faq(slug):
        return {each.key: each.body for each in texts_for(registry.get(slug)) if each.kind == "faq"}

    assert "免費" in str(faq("sample")["fee"])
    assert "900" in str(faq("model-bank")["fee"])
    assert "slip" in faq("example")
    assert "slip" not in faq("sample")
    assert "revocation-limit" not in faq("example")
