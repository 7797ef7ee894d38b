from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.digest import (
    NonceCounts,
    authorize,
    digest,
    make_ha1,
    make_response,
    parse_credentials,
)
from sip.digest_server import DigestServer, Outcome, Verdict
from sip.settings import Credentials
from sip.uri import Uri

PASSWORDS = {"ann": "correct horse", "bob": "zanzibar"}
SOC = Uri.parse("sip:soc.example")
DESK = Uri.parse("sip:desk@soc.example;user=phone")
ACCEPTED = Verdict(Outcome.ACCEPTED, "ann")
STALE = Verdict(Outcome.STALE, "ann")
WRONG = Verdict(Outcome.WRONG, "ann")
MISSING = Verdict(Outcome.MISSING, None)


def ha1_of(username: str, algorithm: str) -> str | None:
    password = PASSWORDS.get(username)
    return None if password is None else make_ha1(algorithm, username, "soc", password)


def server(**options: object) -> DigestServer:
    return DigestServer("soc", b"s" * 32, ha1_of, **options)  # type: ignore[arg-type]


class Phone:
    """Answers challenges as a phone would, and can be made to do it badly."""

    def __init__(self, user: str = "ann", password: str = "correct horse") -> None:
        self.credentials = Credentials(user, password, "soc")
        self.counts = NonceCounts()

    def answer(
        self, challenges: list[str], method: str = "REGISTER", uri: str = "sip:soc.example"
    ) -> list[str]:
        found = authorize(challenges, method, uri, self.credentials, self.counts)
        assert found is not None
        return [found[1]]


def test_the_challenge() -> None:
    """RFC 8760 section 2.4: the strongest first, one line each."""
    first, second = (parse_credentials(value) for value in server().challenge(0.0))
    assert first[0] == second[0] == "digest"
    assert (first[1]["algorithm"], second[1]["algorithm"]) == ("SHA-256", "MD5")
    assert first[1]["realm"] == "soc"
    assert first[1]["qop"] == "auth"
    assert "stale" not in first[1]
    assert first[1]["nonce"] == second[1]["nonce"]
    stale = server().challenge(0.0, is_stale=True)
    assert [parse_credentials(value)[1]["stale"] for value in stale] == ["true", "true"]


def test_a_phone_that_cannot_choose_is_offered_less() -> None:
    ours = server()
    (only,) = ours.challenge(0.0, algorithms=("MD5",))
    assert parse_credentials(only)[1]["algorithm"] == "MD5"
    assert ours.check(Phone().answer([only]), "REGISTER", SOC, 0.0) == ACCEPTED


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_the_right_password_is_accepted(algorithm: str) -> None:
    ours = server(algorithms=(algorithm,))
    values = Phone().answer(ours.challenge(10.0))
    assert ours.check(values, "REGISTER", SOC, 11.0) == ACCEPTED


@pytest.mark.parametrize(
    ("user", "password"), [("ann", "guess"), ("ann", ""), ("nobody", "guess"), ("bob'--", "x")]
)
def test_a_wrong_password_and_an_unknown_user_look_alike(user: str, password: str) -> None:
    ours = server()
    values = Phone(user, password).answer(ours.challenge(0.0))
    assert ours.check(values, "REGISTER", SOC, 0.0) == Verdict(Outcome.WRONG, user)


def test_an_unknown_user_is_not_let_in_by_the_stand_in_for_his_hash() -> None:
    ours = server()
    nonce = parse_credentials(ours.challenge(0.0)[0])[1]["nonce"]
    for algorithm, length in (("MD5", 32), ("SHA-256", 64)):
        ha2 = digest(algorithm, "REGISTER:sip:soc.example")
        right = make_response(algorithm, "0" * length, ha2, nonce, None)
        value = (
            f'Digest username="nobody", realm="soc", nonce="{nonce}", '
            f'uri="sip:soc.example", response="{right}", algorithm={algorithm}'
        )
        assert ours.check([value], "REGISTER", SOC, 0.0).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["NoOneKnowsThisScheme opaque-data=here"],
        ["garbage"],
        ['Digest username="ann"'],
        ['Digest realm="other", username="ann", nonce="n", uri="sip:a", response="r"'],
        ['Digest realm="soc", username="ann", nonce="n", uri="sip:a"'],
        ['Digest realm="soc", username="ann", nonce="n", uri="", response="r"'],
        ['Digest realm="soc", username="", nonce="n", uri="sip:a", response="r"'],
        [
            'Digest realm="soc", username="ann", nonce="n", uri="sip:a", response="r", '
            "algorithm=X"
        ],
        ['Digest realm="soc", username="ann", nonce="n", uri="sip:a", response="r", qop=auth'],
        [
            'Digest realm="soc", username="ann", nonce="n", uri="sip:a", response="r", '
            'qop=auth-int, nc=00000001, cnonce="c"'
        ],
        [
            'Digest realm="soc", username="ann", nonce="n", uri="sip:a", response="r", '
            'qop=auth, nc=-1, cnonce="c"'
        ],
        [
            'Digest realm="soc", username="ann", nonce="n", uri="sip:a", response="r", '
            'qop=auth, nc=000000001, cnonce="c"'
        ],
    ],
)
def test_what_is_no_answer_of_ours_is_challenged_again(values: list[str]) -> None:
    assert server().check(values, "REGISTER", SOC, 0.0) == MISSING


def test_our_realm_is_found_among_others() -> None:
    ours = server()
    values = Phone().answer(ours.challenge(0.0))
    foreign = 'Digest realm="proxy", username="x", nonce="n", uri="sip:a", response="r"'
    assert (
        ours.check(["garbage", foreign, "Basic eA==", *values], "REGISTER", SOC, 0.0)
        == ACCEPTED
    )


class TestReplay:
    def test_the_same_answer_works_once(self) -> None:
        ours = server()
        values = Phone().answer(ours.challenge(0.0))
        assert ours.check(values, "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(values, "REGISTER", SOC, 1.0) == STALE

    def test_a_nonce_can_be_used_again_with_the_next_count(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        for _ in range(200):
            values = phone.answer(challenge)
            assert ours.check(values, "REGISTER", SOC, 0.0) == ACCEPTED
            assert ours.check(values, "REGISTER", SOC, 0.0) == STALE

    def test_answers_may_overtake_each_other(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        answers = [phone.answer(challenge) for _ in range(80)]
        last, *earlier = answers[::-1]
        assert ours.check(last, "REGISTER", SOC, 0.0) == ACCEPTED
        for number, values in enumerate(earlier, start=1):
            expected = ACCEPTED if number < 64 else STALE
            assert ours.check(values, "REGISTER", SOC, 0.0) == expected
        for values in answers:
            assert ours.check(values, "REGISTER", SOC, 0.0) == STALE

    @given(st.lists(st.integers(0, 150), max_size=60))
    def test_no_count_is_ever_good_twice(self, order: list[int]) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        answers = [phone.answer(challenge) for _ in range(151)]
        taken = [
            number
            for number in order
            if ours.check(answers[number], "REGISTER", SOC, 0.0) == ACCEPTED
        ]
        assert len(taken) == len(set(taken))
        if order:
            assert taken[:1] == order[:1]

    def test_an_answer_without_qop_uses_its_nonce_up(self) -> None:
        """RFC 2069, as pyVoIP sends it: no count, so no second use."""
        ours = server()
        old = [value.replace(', qop="auth"', "") for value in ours.challenge(0.0)]
        values = Phone().answer(old[1:])
        assert "qop" not in values[0]
        assert ours.check(values, "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(values, "REGISTER", SOC, 0.0) == STALE

    def test_counted_and_uncounted_use_of_one_nonce_do_not_mix(self) -> None:
        ours = server()
        challenge = ours.challenge(0.0)
        old = [value.replace(', qop="auth"', "") for value in challenge]
        assert ours.check(Phone().answer(challenge), "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(Phone().answer(old), "REGISTER", SOC, 0.0) == STALE
        challenge = ours.challenge(0.0)
        old = [value.replace(', qop="auth"', "") for value in challenge]
        assert ours.check(Phone().answer(old), "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(Phone().answer(challenge), "REGISTER", SOC, 0.0) == STALE

    def test_after_a_restart_old_nonces_are_stale(self) -> None:
        """The same secret, but nobody remembers what was used."""
        challenge = server().challenge(0.0)
        assert server().check(Phone().answer(challenge), "REGISTER", SOC, 0.0) == STALE

    def test_what_is_remembered_of_a_nonce_does_not_grow(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        for _ in range(300):
            assert ours.check(phone.answer(challenge), "REGISTER", SOC, 0.0) == ACCEPTED
        (uses,) = ours._used.values()
        assert (uses.highest, uses.seen) == (300, 2**64 - 1)

    def test_a_count_far_ahead_is_taken_and_shuts_the_door_behind_it(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        early = [phone.answer(challenge) for _ in range(3)]
        for _ in range(200):
            late = phone.answer(challenge)
        assert ours.check(early[0], "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(late, "REGISTER", SOC, 0.0) == ACCEPTED
        assert ours.check(early[1], "REGISTER", SOC, 0.0) == STALE

    def test_nonces_of_one_moment_differ(self) -> None:
        ours = server()
        assert len({ours.challenge(5.0)[0] for _ in range(100)}) == 100

    def test_by_default_a_nonce_lives_five_minutes(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0)
        assert ours.check(phone.answer(challenge), "REGISTER", SOC, 300.0) == ACCEPTED
        assert ours.check(phone.answer(challenge), "REGISTER", SOC, 300.5) == STALE

    def test_a_nonce_grows_old(self) -> None:
        ours, phone = server(nonce_time=60.0), Phone()
        challenge = ours.challenge(100.0)
        assert ours.check(phone.answer(challenge), "REGISTER", SOC, 160.0) == ACCEPTED
        assert ours.check(phone.answer(challenge), "REGISTER", SOC, 161.0) == STALE
        assert ours.check(phone.answer(challenge), "REGISTER", SOC, 99.0) == STALE

    @pytest.mark.parametrize("nonce", ["", "x", "0" * 56, "f" * 56, "é" * 56, "0" * 5000])
    def test_a_nonce_of_somebody_elses_making_is_stale(self, nonce: str) -> None:
        values = Phone().answer([f'Digest realm="soc", nonce="{nonce or "n"}", qop="auth"'])
        assert server().check(values, "REGISTER", SOC, 0.0) == STALE

    def test_a_nonce_belongs_to_the_address_that_asked(self) -> None:
        ours, phone = server(), Phone()
        challenge = ours.challenge(0.0, source="192.0.2.1")
        stolen = phone.answer(challenge)
        assert ours.check(stolen, "REGISTER", SOC, 0.0, source="192.0.2.66") == STALE
        assert ours.check(stolen, "REGISTER", SOC, 0.0, source="192.0.2.1") == ACCEPTED

    def test_an_answer_is_good_for_its_method_only(self) -> None:
        ours = server()
        values = Phone().answer(ours.challenge(0.0), "REGISTER")
        assert ours.check(values, "INVITE", SOC, 0.0) == WRONG


class TestDigestUri:
    """What the phone hashed need not be the Request-URI, but must mean the same user."""

    @pytest.mark.parametrize(
        "written",
        [
            "sip:desk@soc.example;user=phone",
            "sip:desk@192.0.2.20:5060;transport=UDP",
            "sip:soc.example;transport=UDP",
            "sips:desk@soc.example",
        ],
    )
    def test_may_differ_in_host_and_parameters(self, written: str) -> None:
        ours = server()
        values = Phone().answer(ours.challenge(0.0), "INVITE", written)
        assert ours.check(values, "INVITE", DESK, 0.0) == ACCEPTED

    @pytest.mark.parametrize("written", ["sip:boss@soc.example", "nonsense", "sip:DESK@x"])
    def test_must_not_name_another_user(self, written: str) -> None:
        ours = server()
        values = Phone().answer(ours.challenge(0.0), "INVITE", written)
        assert ours.check(values, "INVITE", DESK, 0.0) == WRONG


class TestMemory:
    def test_challenges_leave_nothing_behind(self) -> None:
        ours = server()
        for number in range(1000):
            ours.challenge(float(number))
            ours.check(["Digest " + "x" * 50], "REGISTER", SOC, 0.0)
        assert len(ours._used) == 0

    def test_wrong_answers_leave_nothing_behind(self) -> None:
        ours, phone = server(), Phone("ann", "guess")
        for _ in range(100):
            ours.check(phone.answer(ours.challenge(0.0)), "REGISTER", SOC, 0.0)
        assert len(ours._used) == 0

    def test_right_ones_are_bounded_and_what_is_forgotten_stays_unusable(self) -> None:
        ours = server(max_nonces=10)
        answers = []
        for number in range(30):
            values = Phone().answer(ours.challenge(float(number)))
            assert ours.check(values, "REGISTER", SOC, float(number)) == ACCEPTED
            answers.append(values)
        assert len(ours._used) == 10
        unused = ours.challenge(5.0)
        for values in [*answers, Phone().answer(unused)]:
            assert ours.check(values, "REGISTER", SOC, 30.0) == STALE


@given(st.text(max_size=60))
def test_any_header_gets_a_verdict(text: str) -> None:
    ours = server()
    nonce = parse_credentials(ours.challenge(0.0)[0])[1]["nonce"]
    for value in (
        text,
        f"Digest {text}",
        f'Digest realm="soc", username="{text}", nonce="{nonce}", uri="sip:a", response="x"',
        f'Digest realm="soc", username="ann", nonce="{text}", uri="{text}", response="{text}"',
    ):
        assert ours.check([value], "REGISTER", SOC, 0.0).outcome is not Outcome.ACCEPTED
