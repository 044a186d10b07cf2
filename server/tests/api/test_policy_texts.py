"""What a device shows that is the institution's stands in `GET policy`: words of manuals M0 and M3, numbers of the policy."""

from typing import Any

import pytest

from .conftest import Program


def policy_of(slug: str, language: str = "zh-Hant") -> Any:
    return Program(slug=slug, language=language).call("GET", "policy", expect=200)


@pytest.mark.usefixtures("centre")
class TestHelper:
    @pytest.mark.spec("D4")
    def test_the_notes_beside_the_code_are_the_manuals_with_the_policys_numbers(self) -> None:
        first, second, third = policy_of("demo")["codes"]["notes"]
        assert first == "「憑證認證碼」發送之行動電話及E-mail，為您於示範證券留存的基本資料。"
        assert "若未於1分鐘內收到認證碼" in second
        assert "輸入錯誤達3次" in second
        assert "拒收企業簡訊" in third
        assert "Whoscall" in third

    @pytest.mark.spec("A3", "A4", "A5", "A6")
    def test_apply_renew_export_revoke_and_repair(self) -> None:
        seen = policy_of("demo")
        assert "請點選【備份】進行憑證備份" in seen["application"]["done"]
        assert seen["renewal"]["notes"][1] == "憑證更新時期，為有效憑證到期前30天至到期後30天。"
        assert len(seen["export"]["notes"]) == 3
        assert "{folder}" in seen["export"]["done"]
        assert seen["export"]["file_name"] == "{id}_{broker}.pfx"
        assert "【可匯出】" in seen["repair"]["done"]
        assert seen["revocation"]["notice"].startswith("為確保交易安全，線上註銷憑證有次數限制")
        assert seen["login"]["slip_dialog"] is False
        assert (seen["login"]["password"]["min_length"], seen["login"]["password"]["max_length"]) == (7, 10)
        assert {link["key"] for link in seen["links"]} >= {"statements"}

    @pytest.mark.spec("B1", "B6", "B8", "B9")
    def test_the_password_centres_rules(self) -> None:
        seen = policy_of("demo")["password_centre"]
        assert seen["login"]["text"] == "密碼請設定7~10碼，英文、數字皆可。"
        assert (seen["withdrawal"]["min_length"], seen["withdrawal"]["max_length"]) == (6, 6)
        assert (seen["wrong_limit"], seen["final_limit"], seen["unlocks"]) == (3, 6, 1)
        assert (seen["code_digits"], seen["code_seconds"], seen["resend_seconds"]) == (7, 300, 120)
        assert (seen["reissues_a_day"], seen["link_hours"], seen["birth_calendar"]) == (5, 24, "gregorian")
        assert seen["voice_sync"] is True
        assert policy_of("example")["password_centre"]["voice_sync"] is False

    @pytest.mark.spec("F4")
    def test_english_is_complete(self) -> None:
        for slug in ("demo", "example"):
            seen = policy_of(slug, "en")
            texts = [
                seen["application"]["done"],
                seen["repair"]["done"],
                seen["security"]["note"],
                *seen["codes"]["notes"],
                *seen["renewal"]["notes"],
                *seen["application"]["advice"],
                *(each["label"] for each in seen["security"]["labels"].values()),
            ]
            assert all(text and text.isascii() for text in texts), slug


@pytest.mark.usefixtures("centre")
class TestPfxDirectory:
    @pytest.mark.spec("A11", "A2")
    def test_the_three_security_labels_and_the_two_codes_word_for_word(self) -> None:
        seen = policy_of("example")
        assert {mode: each["label"] for mode, each in seen["security"]["labels"].items()} == {
            "1": "每次下單均詢問憑證密碼",
            "2": "登入後第一次下單詢問憑證密碼",
            "3": "永遠不詢問憑證密碼",
        }
        assert (seen["security"]["default"], seen["security"]["note"]) == (
            "2",
            "請關閉瀏覽器畫面，新的設定值才會生效",
        )
        assert seen["statuses"]["host"]["valid"]["label"] == "代碼 0 (有效憑證)"
        assert seen["statuses"]["host"]["expiring"]["label"] == "代碼 31 (即將到期)"
        assert seen["statuses"]["serial_forms"] == ["decimal", "hex"]

    @pytest.mark.spec("A6", "A13")
    def test_folder_file_slip_dialog_menu_and_versions(self) -> None:
        seen = policy_of("example")
        assert (seen["key"]["folder"], seen["export"]["file_name"]) == ("BTS", "{id}.pfx")
        assert seen["export"]["copies_file"]
        assert seen["login"]["slip_dialog"]
        assert len(seen["menu"]["items"]) == 11
        assert [each["availability"] for each in seen["menu"]["items"]][2:4] == [
            "opened-by-staff",
            "renewal-window",
        ]
        assert len(seen["application"]["advice"]) == 2
        assert seen["recommended"]["helper"] == "0.1"
        environment = Program(slug="example").call("GET", "environment", expect=200)
        assert (environment["test_environment"], environment["api"]) == (True, "1")
        assert environment["time"].endswith("Z")
