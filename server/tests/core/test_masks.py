"""SPEC F4: one mask per kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certcenter.core import masks

MASKS = [masks.mask_identity, masks.mask_mobile, masks.mask_account, masks.mask_email, masks.mask_name]


@pytest.mark.spec("F4")
@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masks.mask_identity, "A120786753", "A120****53"),
        (masks.mask_identity, "04595257", "04****57"),
        (masks.mask_identity, "A12345", "******"),
        (masks.mask_mobile, "0936123054", "0936***054"),
        (masks.mask_mobile, "093612", "******"),
        (masks.mask_account, "1020-0320545", "1020-***0545"),
        (masks.mask_account, "1020-0545", "1020-****"),
        (masks.mask_email, "charlen@example.com", "c*****n@example.com"),
        (masks.mask_email, "amy@example.com", "***@example.com"),
        (masks.mask_email, "a@example.com", "*@example.com"),
        (masks.mask_email, "nobody", "******"),
        (masks.mask_name, "王小明", "王○明"),
        (masks.mask_name, "王三", "王○"),
        (masks.mask_name, "王", "○"),
        (masks.mask_name, "歐陽小明", "歐○○明"),
        (masks.mask_name, "Mary Chen", "M*** C***"),
    ],
)
def test_examples(mask, value, shown):
    assert mask(value) == shown


@pytest.mark.spec("F4")
@pytest.mark.parametrize("mask", MASKS)
@given(value=st.text(max_size=30))
def test_length_is_kept_and_masking_twice_reveals_nothing_new(mask, value):
    once = mask(value)
    assert len(once) == len(value)
    assert all(shown in {kept, "*", "○"} for shown, kept in zip(once, value, strict=True))


@pytest.mark.spec("F4")
@given(
    st.from_regex(r"\A[A-Z][0-9]{9}\Z"),
    st.from_regex(r"\A09[0-9]{8}\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{7}\Z"),
)
def test_enough_is_covered(identity, mobile, account):
    assert masks.mask_identity(identity).count("*") == 4
    assert masks.mask_mobile(mobile).count("*") == 3
    assert masks.mask_account(account).count("*") == 3


def test_file_names_take_no_asterisks():
    assert masks.mask_identity("A120786753", star="X") == "A120XXXX53"
