"""What 注意事項 and 說明 name on the pages of the password centre (manual M2; `parts/password_notes.html`)."""

from typing import Any

from certcenter.institutions.policy import Institution


def notes(institution: Institution) -> dict[str, Any]:
    """Return the numbers, rules and telephone lines of the notes, from policy."""
    passwords, lock = institution.passwords, institution.lock
    return {
        "rule": passwords.login,
        "withdrawal_rule": passwords.withdrawal,
        "voice_sync": passwords.voice_sync,
        "wrong_limit": lock.wrong_limit,
        "final_limit": lock.final_limit,
        "reissues_a_day": passwords.reissues_a_day,
        "voice_lines": [line for line in institution.contact.lines if "語音" in line.label.zh],
    }
