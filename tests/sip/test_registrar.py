import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.digest import NonceCounts, authorize, make_ha1
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint
from sip.events import Registered, Unregistered
from sip.lockout import LockoutSettings
from sip.message import parse
from sip.registrar import Registrar
from sip.registration import RegistrarSettings
from sip.settings import Credentials

REALM = "securityline.example"
SECRET = b"0123456789abcdef"
PASSWORDS = {"anna": "right", "bert": "also right", "a b": "spaced"}
HOME = Endpoint("udp", "192.0.2.10", 40_000)
OFFICE = Endpoint("udp", "192.0.2.10", 40_001)
ELSEWHERE = Endpoint("udp", "198.51.100.7", 5060)
CONNECTION = Endpoint("tcp", "192.0.2.10", 50_000)


def ha1_of(user, algorithm):
    password = PASSWORDS.get(user)
    return None if password is None else make_ha1(algorithm, user, REALM, password)


def new_registrar(**kwargs):
    return Registrar(DigestServer(REALM, SECRET, ha1_of), SECRET, **kwargs)


class Phone:
    """A phone of one user: writes REGISTER, answers the challenge."""

    def __init__(self, registrar, user="anna", source=HOME, password=None, call_id="call"):
        self.registrar = registrar
        self.user = user
        self.source = source
        self.call_id = call_id
        self.cseq = 0
        self.counts = NonceCounts()
        password = PASSWORDS.get(user, "") if password is None else password
        self.credentials = Credentials(user, password, REALM)

    def write(self, *lines, authorization=None, to=None, cseq=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        to = to or f"<sip:{self.user.replace(' ', '%20')}@{REALM}>"
        head = [
            f"REGISTER sip:{REALM} SIP/2.0",
            f"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{cseq};rport",
            f"From: {to};tag=1",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} REGISTER",
            *lines,
        ]
        if authorization:
            head.append(f"Authorization: {authorization}")
        return parse(("\r\n".join(head) + "\r\nContent-Length: 0\r\n\r\n").encode())

    def answer_to(self, challenge):
        _, value = authorize(
            challenge.headers.get_all("WWW-Authenticate"),
            "REGISTER",
            f"sip:{REALM}",
            self.credentials,
            self.counts,
        )
        return value

    def register(self, *lines, now=0.0, **kwargs):
        """Register, with the challenge in between; return what the second request got."""
        challenge, events = self.registrar.register(
            self.write(*lines, **kwargs), self.source, now
        )
        assert events == []
        if challenge is None or challenge.status != 401:
            return challenge, events
        kwargs.pop("cseq", None)
        request = self.write(*lines, authorization=self.answer_to(challenge), **kwargs)
        return self.registrar.register(request, self.source, now)


CONTACT = "Contact: <sip:anna@10.0.0.1:5060>"


def contacts_in(response):
    return response.headers.get_all("Contact")


# -- the ordinary way ---------------------------------------------------------------------


def test_a_phone_registers_and_calls_go_to_where_it_spoke_from():
    registrar = new_registrar()
    response, events = Phone(registrar).register(CONTACT, "Expires: 300", now=1000.0)
    assert response.status == 200
    assert contacts_in(response) == ["<sip:anna@10.0.0.1:5060>;q=1;expires=300"]
    assert events == [Registered("anna", "sip:anna@10.0.0.1:5060", 300.0)]
    [binding] = registrar.bindings("anna", 1000.0)
    assert binding.source == HOME
    assert str(binding.contact) == "sip:anna@10.0.0.1:5060"
    assert registrar.peer_of(HOME, 1000.0) == "anna"
    assert registrar.peer_of(OFFICE, 1000.0) is None
    assert response.to.tag


def test_the_answer_is_one_the_phone_can_match():
    request = Phone(registrar := new_registrar()).write(CONTACT)
    response, _ = registrar.register(request, HOME, 0)
    for name in ("Via", "From", "Call-ID", "CSeq"):
        assert response.headers.get(name) == request.headers.get(name)


def test_the_tag_is_the_same_for_a_repetition_and_another_for_another_phone():
    registrar = new_registrar()
    phone = Phone(registrar)
    requests = [phone.write(cseq=1), phone.write(cseq=1), Phone(registrar, call_id="b").write()]
    tags = [registrar.register(request, HOME, 0)[0].to.tag for request in requests]
    assert tags[0] == tags[1] != tags[2]


def test_as_many_contacts_at_once_as_a_user_may_have():
    registrar = new_registrar(settings=RegistrarSettings(max_bindings=3))
    three = "Contact: " + ", ".join(f"<sip:a@10.0.1.{n}>" for n in range(3))
    assert Phone(registrar).register(three)[0].status == 200
    assert len(registrar.bindings("anna", 0)) == 3


def test_the_name_of_the_phone_is_kept_short():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT, "User-Agent: " + "x" * 500)
    [binding] = registrar.bindings("anna", 0)
    assert binding.user_agent == "x" * 100


def test_without_credentials_it_is_challenged_best_algorithm_first():
    registrar = new_registrar()
    response, events = registrar.register(Phone(registrar).write(CONTACT), HOME, 0)
    assert (response.status, events) == (401, [])
    first, second = response.headers.get_all("WWW-Authenticate")
    assert "SHA-256" in first
    assert "MD5" in second
    assert registrar.bindings("anna", 0) == []


def test_another_scheme_than_digest_is_challenged_again():
    registrar = new_registrar()
    request = Phone(registrar).write(CONTACT, authorization="NoOneKnowsThis opaque=stuff")
    assert registrar.register(request, HOME, 0)[0].status == 401


def test_a_user_with_an_escaped_name():
    registrar = new_registrar()
    response, _ = Phone(registrar, "a b").register("Contact: <sip:x@10.0.0.1>")
    assert response.status == 200
    assert len(registrar.bindings("a b", 0)) == 1


def test_a_request_without_contact_only_asks():
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.register(CONTACT, "Expires: 300")
    response, events = phone.register(now=100.0)
    assert contacts_in(response) == ["<sip:anna@10.0.0.1:5060>;q=1;expires=200"]
    assert events == []


def test_several_phones_of_one_user_the_preferred_first():
    registrar = new_registrar()
    Phone(registrar).register("Contact: <sip:a@10.0.0.1>;q=0.5")
    second = Phone(registrar, source=OFFICE, call_id="other")
    response, _ = second.register("Contact: <sip:a@10.0.0.2>;q=0.9")
    assert [b.source for b in registrar.bindings("anna", 0)] == [OFFICE, HOME]
    assert len(contacts_in(response)) == 2


def test_several_contacts_in_one_request():
    registrar = new_registrar()
    line = "Contact: <sip:a@10.0.0.1>;expires=100, <sip:a@10.0.0.2>;q=0.1"
    response, events = Phone(registrar).register(line, "Expires: 200")
    assert [event.expires for event in events] == [100.0, 200.0]
    assert len(contacts_in(response)) == 2


# -- time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "granted"),
    [
        ((CONTACT,), 600.0),
        ((CONTACT, "Expires: 120"), 120.0),
        ((CONTACT + ";expires=90", "Expires: 120"), 90.0),
        ((CONTACT, "Expires: 999999"), 3600.0),
        ((CONTACT + ";expires=soon",), 3600.0),
        ((CONTACT + ";expires=-1",), 3600.0),
        ((CONTACT, "Expires: 60"), 60.0),
        ((CONTACT + ";expires=4294967295",), 3600.0),
    ],
)
def test_how_long_a_phone_is_registered(lines, granted):
    _, [event] = Phone(new_registrar()).register(*lines)
    assert event.expires == granted


def test_too_short_is_refused_and_told_how_long_is_enough():
    registrar = new_registrar(settings=RegistrarSettings(min_expires=60))
    response, events = Phone(registrar).register(CONTACT, "Expires: 59")
    assert response.status == 423
    assert response.min_expires == 60
    assert (events, registrar.bindings("anna", 0)) == ([], [])


def test_a_binding_ends_by_itself():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT, "Expires: 100")
    assert registrar.next_timer() == 100
    assert registrar.handle_timer(99.9) == []
    assert registrar.bindings("anna", 100.0) == []
    assert registrar.peer_of(HOME, 100.0) is None
    assert registrar.handle_timer(100.0) == [
        Unregistered("anna", "sip:anna@10.0.0.1:5060", "expired")
    ]
    assert registrar.next_timer() is None
    assert registrar.handle_timer(101.0) == []


def test_an_expiry_noticed_by_the_next_register_is_told_as_well():
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.register(CONTACT, "Expires: 100")
    _, events = phone.register("Contact: <sip:anna@10.0.0.2>", now=200.0)
    assert [type(event) for event in events] == [Unregistered, Registered]
    assert events[0].why == "expired"


def test_refreshing_moves_the_end_and_the_source():
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.register(CONTACT, "Expires: 100")
    phone.source = OFFICE  # the NAT gave it another port
    _, events = phone.register(CONTACT, "Expires: 100", now=50.0)
    assert [type(event) for event in events] == [Registered]
    [binding] = registrar.bindings("anna", 149.0)
    assert binding.source == OFFICE
    assert registrar.peer_of(HOME, 50.0) is None


# -- leaving ------------------------------------------------------------------------------


def test_a_phone_unregisters_itself_and_nobody_else():
    registrar = new_registrar()
    Phone(registrar).register("Contact: <sip:a@10.0.0.1>")
    second = Phone(registrar, source=OFFICE, call_id="other")
    second.register("Contact: <sip:a@10.0.0.2>")
    response, events = second.register("Contact: <sip:a@10.0.0.2>;expires=0")
    assert response.status == 200
    assert events == [Unregistered("anna", "sip:a@10.0.0.2", "removed")]
    assert [b.source for b in registrar.bindings("anna", 0)] == [HOME]


def test_the_star_unregisters_every_phone_of_the_user():
    registrar = new_registrar()
    Phone(registrar).register("Contact: <sip:a@10.0.0.1>, <sip:a@10.0.0.2>")
    Phone(registrar, "bert").register("Contact: <sip:b@10.0.0.3>")
    response, events = Phone(registrar, call_id="x").register("Contact: *", "Expires: 0")
    assert response.status == 200
    assert contacts_in(response) == []
    assert {event.why for event in events} == {"removed"}
    assert registrar.bindings("anna", 0) == []
    assert len(registrar.bindings("bert", 0)) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("Contact: *",),
        ("Contact: *", "Expires: 60"),
        ("Contact: *, <sip:a@10.0.0.1>", "Expires: 0"),
        ("Contact: *", "Contact: <sip:a@10.0.0.1>", "Expires: 0"),
    ],
)
def test_a_star_in_the_wrong_place_changes_nothing(lines):
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.register(CONTACT)
    response, events = phone.register(*lines)
    assert (response.status, events) == (400, [])
    assert len(registrar.bindings("anna", 0)) == 1


def test_unregistering_what_is_not_there_is_no_error():
    response, events = Phone(new_registrar()).register(CONTACT + ";expires=0")
    assert (response.status, events) == (200, [])


# -- order, atomicity, limits -------------------------------------------------------------


@pytest.mark.parametrize("line", [CONTACT, CONTACT + ";expires=0", "Contact: *"])
def test_an_overtaken_request_does_not_undo_the_later_one(line):
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.cseq = 9
    phone.register(CONTACT)  # CSeq 10, then 11 with the password
    phone.cseq = 4
    response, events = phone.register(line, "Expires: 0" if "*" in line else "X: y")
    assert (response.status, events) == (500, [])
    assert len(registrar.bindings("anna", 0)) == 1


def test_after_a_restart_the_phone_counts_anew_under_another_call_id():
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.cseq = 100
    phone.register(CONTACT)
    response, _ = Phone(registrar, call_id="after-the-restart").register(CONTACT)
    assert response.status == 200
    [binding] = registrar.bindings("anna", 0)
    assert binding.call_id == "after-the-restart"


def test_a_request_is_done_wholly_or_not_at_all():
    registrar = new_registrar()
    phone = Phone(registrar)
    phone.register(CONTACT, "Expires: 300")
    before = registrar.export(0)
    for line, status in (
        ("Contact: <sip:new@10.0.0.9>;expires=600, <sip:b@10.0.0.8>;expires=5", 423),
        (CONTACT + ";expires=0, <sip:b@10.0.0.8>;expires=1", 423),
        ("Contact: <sip:new@10.0.0.9>, <mailto:a@b>", 400),
        ("Contact: <sip:new@10.0.0.9>;q=2", 400),
        ("Contact: " + ", ".join(f"<sip:a@10.0.1.{n}>" for n in range(6)), 403),
    ):
        response, events = phone.register(line)
        assert (response.status, events) == (status, []), line
        assert registrar.export(0) == before


def test_the_same_contact_twice_in_one_request_is_one_binding():
    registrar = new_registrar()
    response, events = Phone(registrar).register(
        "Contact: <sip:a@10.0.0.1>;q=0.1, <sip:A@10.0.0.1>, <sip:a@10.0.0.1>;q=0.7"
    )
    assert response.status == 200
    assert sorted(binding.q for binding in registrar.bindings("anna", 0)) == [0.7, 1.0]
    assert len(events) == 2


def test_one_more_phone_takes_the_place_of_the_one_longest_not_heard_of():
    registrar = new_registrar(settings=RegistrarSettings(max_bindings=2))
    phone = Phone(registrar)
    for number in range(3):
        _, events = phone.register(f"Contact: <sip:a@10.0.0.{number}>", now=float(number))
    hosts = {binding.contact.host for binding in registrar.bindings("anna", 3)}
    assert hosts == {"10.0.0.1", "10.0.0.2"}
    assert events[0] == Unregistered("anna", "sip:a@10.0.0.0", "replaced")
    assert events[1].contact == "sip:a@10.0.0.2"


def test_the_same_device_with_another_contact_replaces_itself():
    registrar = new_registrar()
    instance = ';+sip.instance="<urn:uuid:1>"'
    Phone(registrar).register("Contact: <sip:a@10.0.0.1:1000>" + instance)
    again = Phone(registrar, source=OFFICE, call_id="x")
    again.register("Contact: <sip:a@10.0.0.1:2000>" + instance)
    [binding] = registrar.bindings("anna", 0)
    assert binding.source == OFFICE
    another = Phone(registrar, call_id="y")
    another.register('Contact: <sip:a@10.0.0.1:3000>;+sip.instance="<urn:uuid:2>"')
    assert len(registrar.bindings("anna", 0)) == 2


# -- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Contact: sip:a@10.0.0.1?Route=%3Csip:x%3E",
        "Contact: <sip:a@10.0.0.1>;q=1.5",
        "Contact: <sip:a@10.0.0.1>;expires=4294967296",
        "Contact: <sip:a@10.0.0.1>;expires=99999999999",
        "Contact: <tel:+3225550100>",
        "Contact: <sip:" + "a" * 2000 + "@10.0.0.1>",
        "Contact: <sip:a@10.0.0.1",
        "Expires: 1000000000000000000000",
    ],
)
def test_what_cannot_be_read_or_called_is_a_bad_request(line):
    response, _ = Phone(new_registrar()).register(line)
    assert response.status == 400


AORS = ["<isbn:2983792873>", "<tel:+3225550100>", f"<sip:{REALM}>"]


@pytest.mark.parametrize("to", AORS)
def test_an_address_of_record_that_is_none_of_ours_is_a_bad_request_of_somebody_we_know(to):
    registrar = new_registrar()
    request = Phone(registrar).write(CONTACT, to=to)
    response, _ = registrar.register(request, HOME, 0, is_stranger=False)
    assert response.status == 400
    response, _ = Phone(registrar).register(CONTACT, to=to)
    assert response.status == 403, "nor does a password make it one's own"


@pytest.mark.parametrize("to", [None, *AORS])
@pytest.mark.parametrize(
    "line",
    [CONTACT, "Contact: <tel:+3225550100>", "Contact: <", "Contact: *", "Require: path"],
)
def test_a_stranger_is_challenged_whatever_is_wrong_with_what_he_asks(to, line):
    registrar = new_registrar()
    response, _ = registrar.register(Phone(registrar).write(line, to=to), HOME, 0)
    assert (response.status, response.reason) == (401, "Unauthorized")
    assert "Unsupported" not in response.headers


def test_headers_escaped_into_a_contact_stay_where_they_are():
    registrar = new_registrar()
    Phone(registrar).register("Contact: <sip:a@10.0.0.1?Route=%3Csip:x%3E>")
    [binding] = registrar.bindings("anna", 0)
    assert binding.contact.headers == "Route=%3Csip:x%3E"


def test_required_extensions_are_refused_by_name():
    registrar = new_registrar()
    response, _ = Phone(registrar).register("Require: path, gruu")
    assert response.status == 420
    assert response.headers.get("Unsupported") == "path, gruu"


def test_nobody_registers_for_somebody_else():
    registrar = new_registrar()
    response, events = Phone(registrar).register(CONTACT, to=f"<sip:bert@{REALM}>")
    assert (response.status, events) == (403, [])
    assert registrar.bindings("bert", 0) == []


# -- passwords ----------------------------------------------------------------------------


def shape_of(response):
    """All of a challenge but the values that are different every time."""
    return [
        (name, value if name != "WWW-Authenticate" else len(value))
        for name, value in response.headers
        if name not in ("Via", "From", "To", "CSeq")
    ]


@pytest.mark.parametrize("password", [None, "wrong"])
def test_known_and_unknown_users_get_the_same_answer(password):
    answers = []
    for user in ("anna", "carl"):
        registrar = new_registrar()
        phone = Phone(registrar, user, password="wrong")
        challenge, _ = registrar.register(phone.write(CONTACT), HOME, 0)
        if password:
            request = phone.write(CONTACT, authorization=phone.answer_to(challenge))
            challenge, _ = registrar.register(request, HOME, 0)
        answers.append((challenge.status, challenge.reason, shape_of(challenge)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def guess(registrar, times, source=HOME, user="anna", now=0.0):
    """Guess wrong; return how many guesses got an answer."""
    phone = Phone(registrar, user, source, password="wrong", call_id=f"g{source.port}")
    answers = [phone.register(CONTACT, now=now)[0] for _ in range(times)]
    assert all(answer is None or answer.status == 401 for answer in answers)
    return sum(answer is not None for answer in answers)


def test_after_at_most_twenty_wrong_guesses_there_is_silence():
    registrar = new_registrar()
    assert 1 <= guess(registrar, 50) <= 20
    right = Phone(registrar, source=OFFICE)
    assert right.register(CONTACT) == (None, [])
    assert registrar.bindings("anna", 0) == []


def test_guesses_at_many_users_and_from_many_ports_are_counted_together():
    registrar = new_registrar()
    answered = sum(
        guess(registrar, 1, HOME._replace(port=1000 + n), user=f"user{n}") for n in range(50)
    )
    assert answered <= 20


def test_another_source_is_not_affected():
    registrar = new_registrar()
    guess(registrar, 50)
    assert Phone(registrar, source=ELSEWHERE).register(CONTACT)[0].status == 200


def test_silence_ends_after_a_while():
    settings = LockoutSettings(shut_time=600)
    registrar = new_registrar(lockout=settings)
    guess(registrar, 50)
    assert Phone(registrar).register(CONTACT, now=599.0) == (None, [])
    assert Phone(registrar).register(CONTACT, now=601.0)[0].status == 200


def test_one_phone_with_a_wrong_password_does_not_shut_out_an_office():
    """Its colleagues behind the same address have been registered from there before."""
    registrar = new_registrar()
    colleague = Phone(registrar, "bert", OFFICE, call_id="b")
    colleague.register("Contact: <sip:b@10.0.0.2>")
    guess(registrar, 50, HOME)
    assert colleague.register("Contact: <sip:b@10.0.0.2>")[0].status == 200
    assert Phone(registrar, "anna", HOME).register(CONTACT) == (None, [])


def test_being_familiar_gives_no_more_guesses():
    registrar = new_registrar()
    Phone(registrar, call_id="b").register(CONTACT)
    assert guess(registrar, 50) <= 20


def test_who_was_where_is_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr("sip.registrar._MOST_FAMILIAR", 2)
    registrar = new_registrar()
    for last in range(1, 5):
        source = HOME._replace(host=f"192.0.2.{last}")
        Phone(registrar, source=source, call_id=f"c{last}").register(CONTACT)
        assert len(registrar._familiar) == min(last, 2)


def test_a_whole_network_of_ipv6_is_one_source():
    registrar = new_registrar()
    answered = sum(
        guess(registrar, 1, Endpoint("udp", f"2001:db8::{n:x}", 5060)) for n in range(1, 50)
    )
    assert answered <= 20
    other = Endpoint("udp", "2001:db8:0:1::1", 5060)
    assert Phone(registrar, source=other).register(CONTACT)[0].status == 200


def test_a_replayed_answer_is_refused_and_changes_nothing():
    registrar = new_registrar()
    phone = Phone(registrar)
    challenge, _ = registrar.register(phone.write(CONTACT), HOME, 0)
    overheard = phone.answer_to(challenge)
    assert registrar.register(phone.write(CONTACT, authorization=overheard), HOME, 0)[1]
    request = phone.write("Contact: <sip:thief@203.0.113.9>", authorization=overheard)
    for thief in (HOME, ELSEWHERE):
        response, events = registrar.register(request, thief, 1.0)
        assert (response.status, events) == (401, [])
    assert [b.contact.host for b in registrar.bindings("anna", 1.0)] == ["10.0.0.1"]


def test_a_nonce_too_old_is_told_stale_and_is_no_guess():
    registrar = new_registrar(lockout=LockoutSettings(guesses=1))
    phone = Phone(registrar)
    challenge, _ = registrar.register(phone.write(CONTACT), HOME, 0)
    old = phone.write(CONTACT, authorization=phone.answer_to(challenge))
    response, _ = registrar.register(old, HOME, 100_000.0)
    assert response.status == 401
    assert "stale=true" in response.headers.get("WWW-Authenticate")
    again = phone.write(CONTACT, authorization=phone.answer_to(response))
    assert registrar.register(again, HOME, 100_000.0)[0].status == 200


def test_old_phones_without_qop_register():
    """pyVoIP answers as RFC 2069 says, by MD5."""
    registrar = new_registrar()
    phone = Phone(registrar)
    challenge, _ = registrar.register(phone.write(CONTACT), HOME, 0)
    line = challenge.headers.get_all("WWW-Authenticate")[1].replace(', qop="auth"', "")
    _, value = authorize(
        [line], "REGISTER", "sip:192.0.2.1;transport=UDP", phone.credentials, phone.counts
    )
    assert "qop" not in value
    response, _ = registrar.register(phone.write(CONTACT, authorization=value), HOME, 0)
    assert response.status == 200


# -- connections and restarts -------------------------------------------------------------


def test_a_phone_behind_a_nat_is_lost_with_its_connection():
    registrar = new_registrar()
    Phone(registrar, source=CONNECTION).register(CONTACT)
    assert registrar.connection_lost(HOME, 1.0) == []
    assert registrar.connection_lost(CONNECTION, 1.0) == [
        Unregistered("anna", "sip:anna@10.0.0.1:5060", "connection_lost")
    ]
    assert registrar.bindings("anna", 1.0) == []
    assert registrar.connection_lost(CONNECTION, 1.0) == []


def test_a_phone_that_listens_is_reached_by_a_new_connection():
    registrar = new_registrar()
    Phone(registrar, source=CONNECTION).register(
        "Contact: <sip:anna@192.0.2.10:5070;transport=tcp>"
    )
    assert registrar.connection_lost(CONNECTION, 1.0) == []
    [binding] = registrar.bindings("anna", 1.0)
    assert binding.source == CONNECTION._replace(port=5070)
    assert registrar.connection_lost(binding.source, 2.0)  # that one failed as well
    assert registrar.bindings("anna", 2.0) == []


def test_an_udp_phone_loses_nothing_by_an_unreachable_moment():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT)
    assert registrar.connection_lost(HOME, 0.0) == []
    assert len(registrar.bindings("anna", 0.0)) == 1


def test_registrations_survive_a_restart():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT, "Expires: 300")
    Phone(registrar, "bert", OFFICE).register("Contact: <sip:b@10.0.0.2>", "Expires: 60")
    saved = json.loads(json.dumps(registrar.export(10.0)))
    restarted = new_registrar()
    events = restarted.adopt(saved, 100.0)
    assert events == [Registered("anna", "sip:anna@10.0.0.1:5060", 200.0)]
    assert restarted.peer_of(HOME, 100.0) == "anna"
    assert restarted.next_timer() == 300.0
    assert restarted.bindings("bert", 100.0) == []


def test_what_ends_at_this_moment_is_not_taken_over():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT, "Expires: 300")
    assert new_registrar().adopt(registrar.export(0), 300.0) == []
    assert registrar.export(300.0) == []


def test_connections_do_not_survive_a_restart_phones_that_listen_do():
    registrar = new_registrar()
    Phone(registrar, source=CONNECTION).register(CONTACT)
    Phone(registrar, "bert", CONNECTION).register("Contact: <sip:b@192.0.2.10:5070>")
    restarted = new_registrar()
    [event] = restarted.adopt(registrar.export(0), 0)
    assert event.user == "bert"
    assert restarted.bindings("bert", 0)[0].source == CONNECTION._replace(port=5070)


def test_a_damaged_line_costs_one_phone():
    registrar = new_registrar()
    Phone(registrar).register(CONTACT)
    Phone(registrar, "bert", OFFICE).register("Contact: <sip:b@10.0.0.2>")
    saved = registrar.export(0)
    saved[0]["source"] = "somewhere"
    assert len(new_registrar().adopt([{}, *saved], 0)) == 1


# -- anything at all ----------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["anna", "bert"]),
            st.sampled_from([HOME, OFFICE, ELSEWHERE, CONNECTION]),
            st.sampled_from(
                [
                    "Contact: <sip:a@10.0.0.1>",
                    "Contact: <sip:a@10.0.0.2>;q=0.3, <sip:c@10.0.0.3>;expires=0",
                    "Contact: <sip:a@10.0.0.1>;expires=0",
                    "Contact: *",
                    "X: only asks",
                    "Contact: <sip:a@192.0.2.10>;expires=61",
                ]
            ),
            st.integers(0, 200),
        ),
        max_size=25,
    )
)
def test_whatever_phones_do_the_registrar_stays_consistent(history):
    """Events tell exactly how the set of contacts changed; limits and timers hold."""
    registrar = new_registrar(settings=RegistrarSettings(max_bindings=3))
    known, now, phones = {"anna": set(), "bert": set()}, 0.0, {}

    def follow(events):
        for event in events:
            if isinstance(event, Registered):
                known[event.user].add(event.contact)
            else:
                known[event.user].discard(event.contact)

    for user, source, line, delay in history:
        now += delay
        follow(registrar.handle_timer(now))
        call_id = f"{user}-{source.port}"
        phone = phones.setdefault(call_id, Phone(registrar, user, source, call_id=call_id))
        lines = [line, "Expires: 0"] if "*" in line else [line]
        response, events = phone.register(*lines, now=now)
        follow(events)
        assert response.status == 200
        for each in known:
            bindings = registrar.bindings(each, now)
            assert {str(binding.contact) for binding in bindings} == known[each]
            assert len(bindings) <= 3
            for binding in bindings:
                assert registrar.next_timer() <= binding.expires_at
        restarted = new_registrar()
        restarted.adopt(registrar.export(now), now)
        assert restarted.next_timer() == min(
            (b.expires_at for each in known for b in restarted.bindings(each, now)),
            default=None,
        )
