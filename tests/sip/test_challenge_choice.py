from sip.challenge_choice import PATIENCE_TIME, ChallengeChoice

PHONE = ("192.0.2.7", "201")


def test_everything_is_offered_to_a_phone_that_is_new() -> None:
    assert ChallengeChoice().algorithms(PHONE, "a 1", "Linphone/5", 0.0) is None


def test_a_phone_known_to_give_up_at_sha_256_is_offered_md5_alone() -> None:
    choice = ChallengeChoice()
    assert choice.algorithms(PHONE, "a 1", "baresip v1.0.0 (x86_64/linux)", 0.0) == ("MD5",)
    assert choice.algorithms(("192.0.2.8", "202"), "b 1", "baresip v3.16.0", 0.0) is None


def test_a_phone_that_comes_again_without_an_answer_is_offered_md5_alone() -> None:
    choice = ChallengeChoice()
    choice.algorithms(PHONE, "a 1", "", 0.0)
    assert choice.algorithms(PHONE, "a 1", "", 0.5) is None, "a retransmission"
    assert choice.algorithms(PHONE, "a 2", "", 30.0) == ("MD5",)
    assert choice.algorithms(PHONE, "a 3", "", PATIENCE_TIME + 31.0) is None, "long after"


def test_a_phone_that_answered_is_offered_everything_again() -> None:
    choice = ChallengeChoice()
    choice.algorithms(PHONE, "a 1", "", 0.0)
    choice.answered(PHONE)
    assert choice.algorithms(PHONE, "b 1", "", 1.0) is None


def test_memory_is_bounded() -> None:
    choice = ChallengeChoice()
    for number in range(20_000):
        choice.algorithms((f"host{number}", "201"), "a 1", "", 0.0)
    assert len(choice._challenged) == 10_000
