import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.digest import (
    NonceCounts,
    authorize,
    digest,
    is_stale,
    make_ha1,
    make_response,
    parse_credentials,
)
from sip.errors import ParseError
from sip.settings import Credentials

CREDENTIALS = Credentials("bob", "zanzibar", "biloxi.com")
MD5 = 'Digest realm="biloxi.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c0", opaque="5ccc069c403ebaf9f0171e9517f40e41"'  # noqa: E501
SHA = 'Digest realm="biloxi.com", nonce="n256", algorithm=SHA-256, qop="auth"'


def answer(*challenges: str, **options: object) -> dict[str, str]:
    counts = options.pop("counts", None) or NonceCounts()
    found = authorize(
        challenges,
        "INVITE",
        "sip:bob@biloxi.com",
        CREDENTIALS,
        counts,  # type: ignore[arg-type]
        cnonce="0a4f113b",
        **options,  # type: ignore[arg-type]
    )
    assert found is not None
    scheme, parameters = parse_credentials(found[1])
    assert scheme == "digest"
    return parameters


# RFC 2617 section 3.5 and RFC 7616 section 3.9.1 work these out.
@pytest.mark.parametrize(
    ("algorithm", "user", "realm", "password", "nonce", "cnonce", "response"),
    [
        (
            "MD5",
            "Mufasa",
            "testrealm@host.com",
            "Circle Of Life",
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "0a4f113b",
            "6629fae49393a05397450978507c4ef1",
        ),
        (
            "MD5",
            "Mufasa",
            "http-auth@example.org",
            "Circle of Life",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "8ca523f5e9506fed4657c9700eebdbec",
        ),
        (
            "SHA-256",
            "Mufasa",
            "http-auth@example.org",
            "Circle of Life",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ],
)
def test_the_examples_of_the_rfcs(
    algorithm: str,
    user: str,
    realm: str,
    password: str,
    nonce: str,
    cnonce: str,
    response: str,
) -> None:
    ha1 = make_ha1(algorithm, user, realm, password)
    ha2 = digest(algorithm, "GET:/dir/index.html")
    assert make_response(algorithm, ha1, ha2, nonce, ("00000001", cnonce, "auth")) == response


def test_without_qop_nothing_is_counted() -> None:
    """RFC 2069, in the corrected form of its erratum."""
    given_answer = answer('Digest realm="biloxi.com", nonce="n"')
    ha1 = make_ha1("MD5", "bob", "biloxi.com", "zanzibar")
    ha2 = digest("MD5", "INVITE:sip:bob@biloxi.com")
    assert given_answer["response"] == digest("MD5", f"{ha1}:n:{ha2}")
    assert not {"qop", "nc", "cnonce", "algorithm", "opaque"} & given_answer.keys()


def test_an_answer_says_what_was_asked() -> None:
    given_answer = answer(MD5)
    assert given_answer["username"] == "bob"
    assert given_answer["realm"] == "biloxi.com"
    assert given_answer["nonce"] == "dcd98b7102dd2f0e8b11d0f600bfb0c0"
    assert given_answer["uri"] == "sip:bob@biloxi.com"
    assert given_answer["opaque"] == "5ccc069c403ebaf9f0171e9517f40e41"
    assert (given_answer["qop"], given_answer["nc"]) == ("auth", "00000001")
    assert given_answer["cnonce"] == "0a4f113b"
    ha1 = make_ha1("MD5", "bob", "biloxi.com", "zanzibar")
    ha2 = digest("MD5", "INVITE:sip:bob@biloxi.com")
    counted = ("00000001", "0a4f113b", "auth")
    expected = make_response("MD5", ha1, ha2, given_answer["nonce"], counted)
    assert given_answer["response"] == expected


def test_the_topmost_algorithm_that_we_know_is_taken() -> None:
    """RFC 8760 section 2.4."""
    assert answer(SHA, MD5)["nonce"] == "n256"
    assert answer(SHA, MD5)["algorithm"] == "SHA-256"
    assert answer(MD5, SHA)["nonce"] != "n256"
    foreign = SHA.replace("SHA-256", "SHA-512-256")
    assert "algorithm" not in answer(foreign, "Basic realm=x", "garbage", MD5)


@pytest.mark.parametrize(
    ("status_is_proxy", "name"), [(False, "Authorization"), (True, "Proxy-Authorization")]
)
def test_the_header_is_that_of_the_asker(status_is_proxy: bool, name: str) -> None:
    found = authorize(
        [MD5], "BYE", "sip:a", CREDENTIALS, NonceCounts(), is_proxy=status_is_proxy
    )
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="evil.example", nonce="n", qop="auth"',
        'Digest realm="BILOXI.com", nonce="n"',
        'Digest realm="", nonce="n"',
        'Digest nonce="n"',
        'Digest realm="biloxi.com"',
        'Digest realm="biloxi.com", nonce=""',
        'Digest realm="biloxi.com", nonce="n", qop="auth-conf"',
        'Digest realm="biloxi.com", nonce="n", algorithm=NONE',
        'Digest realm="evil", realm="biloxi.com", nonce="n"',
        'Basic realm="biloxi.com"',
        'Bearer realm="biloxi.com"',
        "Digest",
        "",
    ],
)
def test_nobody_else_gets_a_digest_of_our_password(challenge: str) -> None:
    """CVE-2021-41158: a foreign realm fishing for something to guess at."""
    assert authorize([challenge], "INVITE", "sip:a", CREDENTIALS, NonceCounts()) is None


def test_each_use_of_a_nonce_is_counted() -> None:
    counts = NonceCounts()
    assert [answer(MD5, counts=counts)["nc"] for _ in range(3)] == [
        "00000001",
        "00000002",
        "00000003",
    ]
    assert answer(SHA, counts=counts)["nc"] == "00000001"


def test_counts_are_bounded() -> None:
    counts = NonceCounts(max_nonces=10)
    for number in range(1000):
        counts.use(f"n{number}")
    assert counts.use("n990") == 2
    assert counts.use("n989") == 1
    assert counts.use("n991") == 1, "forgotten for n989; n990 was used last"


def test_the_body_is_hashed_when_that_is_all_they_take() -> None:
    challenge = MD5.replace("auth,auth-int", "auth-int")
    one, other = answer(challenge, body=b"a"), answer(challenge, body=b"b")
    assert one["qop"] == "auth-int"
    assert one["response"] != other["response"]
    assert answer(MD5, body=b"a")["response"] == answer(MD5, body=b"b")["response"]


def test_session_algorithms() -> None:
    given_answer = answer(MD5.replace("Digest ", "Digest algorithm=MD5-sess, "))
    nonce = given_answer["nonce"]
    base = make_ha1("MD5", "bob", "biloxi.com", "zanzibar")
    ha1 = digest("MD5", f"{base}:{nonce}:0a4f113b")
    ha2 = digest("MD5", "INVITE:sip:bob@biloxi.com")
    counted = ("00000001", "0a4f113b", "auth")
    assert given_answer["response"] == make_response("MD5", ha1, ha2, nonce, counted)
    assert given_answer["algorithm"] == "MD5-sess"
    old = answer('Digest realm="biloxi.com", nonce="n", algorithm=MD5-sess')
    assert old["cnonce"] == "0a4f113b"


def test_our_contribution_is_random() -> None:
    found = {
        authorize([MD5], "BYE", "sip:a", CREDENTIALS, NonceCounts()) for _ in range(5)
    }  # the count is 1 each time
    assert len(found) == 5


def test_the_password_shows_nowhere() -> None:
    found = authorize([MD5], "BYE", "sip:a", CREDENTIALS, NonceCounts())
    assert "zanzibar" not in repr(CREDENTIALS) + repr(found)


@pytest.mark.parametrize(
    ("value", "stale"),
    [
        (MD5 + ", stale=true", True),
        (MD5 + ", stale=TRUE", True),
        (MD5 + ', stale="true"', True),
        (MD5 + ", stale=false", False),
        (MD5, False),
        ("garbage", False),
    ],
)
def test_stale(value: str, stale: bool) -> None:
    assert is_stale(["garbage", value]) is stale


@pytest.mark.parametrize(
    ("value", "scheme", "parameters"),
    [
        ('Digest a="1", B=2', "digest", {"a": "1", "b": "2"}),
        ('DIGEST  a = "x,y=z" ,b="\\""', "digest", {"a": "x,y=z", "b": '\\"'}),
        ("Digest a=1,,b=2,", "digest", {"a": "1", "b": "2"}),
        ('Digest a="",uri=sip:a@b;x=1', "digest", {"a": "", "uri": "sip:a@b;x=1"}),
        (
            "NoOneKnowsThisScheme opaque-data=here",
            "nooneknowsthisscheme",
            {"opaque-data": "here"},
        ),
    ],
)
def test_reading_credentials(value: str, scheme: str, parameters: dict[str, str]) -> None:
    assert parse_credentials(value) == (scheme, parameters)


@pytest.mark.parametrize(
    "value",
    ["", "Digest", "Digest a", 'Digest a="x', "Digest a=1 b=2", "Digest a=1, A=2", "Digest =1"],
)
def test_what_are_no_credentials(value: str) -> None:
    with pytest.raises(ParseError):
        parse_credentials(value)


@given(st.text(max_size=80))
def test_any_challenge_is_answered_or_not_and_never_breaks_a_line(text: str) -> None:
    for value in (text, f"Digest {text}", f'Digest realm="biloxi.com", nonce="{text}"'):
        found = authorize([value], "BYE", "sip:a", CREDENTIALS, NonceCounts())
        if found is not None and "\n" not in text and "\r" not in text:
            assert "\n" not in found[1]


@pytest.mark.parametrize(
    "value",
    ["Digest " + 'a="' * 200_000, "Digest " + "," * 500_000, "Digest a=" + "b" * 500_000],
)
def test_hostile_challenges_take_linear_time(value: str) -> None:
    """Anything quadratic would not come back in an hour."""
    assert authorize([value], "BYE", "sip:a", CREDENTIALS, NonceCounts()) is None
