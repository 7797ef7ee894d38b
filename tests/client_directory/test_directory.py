from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest

from client_directory.directory import Directory, consignes_in_force
from client_directory.model import Answer, Procedure, Step
from client_directory.secret import is_secret, unseal
from tests.client_directory.factory import ACME, OPERATORS, loaded, replaced, write

TWO_PLANS = """\
procedures:
  - {procedure: theft, version: 1, incident_kinds: [theft], alarm_codes: ["130", BA], title: T, urgency: 2, steps: [{step: a, say: b}]}
  - {procedure: general, version: 1, incident_kinds: [other], title: G, urgency: 3, steps: [{step: a, say: b}]}
"""  # noqa: E501
BEFORE_PLANS = ACME[: ACME.index("procedures:")]


def test_a_dialled_number_names_its_client(tmp_path):
    organisation, did = loaded(tmp_path).dialled("+3225554000")
    assert (organisation.organisation, did.service) == ("acme", "security_line")
    assert did.fallback_number == "+3225554999"
    assert did.label == {"": "Line"}


def test_only_the_normalised_number_is_known(tmp_path):
    directory = loaded(tmp_path)
    for number in ("025554000", "+32 2 555 40 00", "+3225554001", ""):
        assert directory.dialled(number) is None


def test_numbers_of_people_and_sites(tmp_path):
    directory = loaded(tmp_path)
    assert [one.person for one in directory.callers("acme", "+32470004001").people] == ["ann"]
    assert [one.site for one in directory.callers("acme", "+3225554010").sites] == ["hq"]
    nobody = directory.callers("acme", "+32470009999")
    assert (nobody.people, nobody.sites) == ((), ())


def test_a_number_of_several_people_names_them_all(tmp_path):
    directory = loaded(tmp_path, replaced("+32 470 00 40 02", "0470 00 40 01"))
    people = directory.callers("acme", "+32470004001").people
    assert [one.person for one in people] == ["ann", "bob"]


def test_a_number_twice_of_one_person_names_him_once(tmp_path):
    text = replaced(
        '[{number: "0470 00 40 01"}]', '[{number: "0470004001"}, {number: "+32470004001"}]'
    )
    assert len(loaded(tmp_path, text).callers("acme", "+32470004001").people) == 1


def test_people_of_another_client_are_not_found(tmp_path):
    other = replaced("organisation: acme", "organisation: other").replace("555 40", "555 41")
    other = other.replace('"1234"', '"5678"').replace("name: Ann", "name: Another")
    directory = loaded(tmp_path, ACME, other)
    assert directory.callers("other", "+32470004001").people[0].name == "Another"
    assert directory.callers("nobody", "+32470004001").people == ()


def test_languages_of_a_person_default_to_the_clients(tmp_path):
    directory = loaded(tmp_path)
    assert directory.person("acme", "ann").languages == ("fr", "nl")
    assert directory.person("acme", "bob").languages == ("nl",)


def test_secrets_are_hashed(tmp_path):
    directory = loaded(tmp_path)
    ann = directory.person("acme", "ann")
    assert is_secret("4821", ann.pin_hash)
    assert is_secret("4822", ann.duress_pin_hash)
    assert is_secret("tournesol", ann.code_word_hash)
    assert not is_secret("4822", ann.pin_hash)
    assert unseal(ann.code_word_sealed) == "Tournesol"
    assert ann.code_word_sealed not in repr(ann)
    bob = directory.person("acme", "bob")
    assert (bob.duress_pin_hash, bob.code_word_hash) == (None, None)
    for secret in ("4821", "4822", "5821", "ournesol"):
        assert f"'{secret}'" not in repr(directory.organisations)
        assert f"${secret}" not in repr(directory.organisations)


def test_a_consigne_is_read_whole(tmp_path):
    assert loaded(tmp_path).procedure_for("acme") == Procedure(
        procedure="default",
        version=1,
        incident_kinds=("other",),
        title={"fr": "Général", "nl": "Algemeen"},
        urgency=3,
        steps=(
            Step(
                step="first",
                ask={"fr": "Blessés ?", "nl": "Gewonden?"},
                answers=(Answer(answer="yes", go_to="help"), Answer(answer="no")),
            ),
            Step(step="note", say={"": "Noted"}, go_to="end"),
            Step(step="help", do={"call_service": "medical"}, requires="first"),
        ),
    )


def test_a_call_tree_is_read_whole(tmp_path):
    (level,) = loaded(tmp_path).call_tree("acme", "tree").levels
    assert level.call == ("ann", "rota:duty", "role:keyholder")
    assert (level.strategy, level.ring_time, level.accept) == ("in_order", 30.0, "pin")


def test_durations_days_and_flags(tmp_path):
    text = replaced(
        "urgency: 3", "urgency: 3\n    hold: 45s\n    quiet_for: 10m\n    never_suppress: true"
    )
    text = replaced('pin: "4821"', 'pin: "4821"\n    valid: {from: 2026-01-01}', text)
    directory = loaded(tmp_path, text)
    procedure = directory.procedure_for("acme")
    assert (procedure.hold_time, procedure.quiet_time) == (45.0, 600.0)
    assert procedure.never_suppress is True
    ann = directory.person("acme", "ann")
    assert (ann.valid_from, ann.valid_until) == (date(2026, 1, 1), None)


class TestProcedureFor:
    def test_the_kind_chooses(self, tmp_path):
        directory = loaded(tmp_path, BEFORE_PLANS + TWO_PLANS)
        assert directory.procedure_for("acme", "theft").procedure == "theft"

    @pytest.mark.parametrize("kind", [None, "other", "unheard-of"])
    def test_else_the_one_for_other(self, tmp_path, kind):
        directory = loaded(tmp_path, BEFORE_PLANS + TWO_PLANS)
        assert directory.procedure_for("acme", kind).procedure == "general"

    def test_else_the_one_named_default(self, tmp_path):
        plans = TWO_PLANS.replace("[other]", "[fire]").replace("general", "default")
        directory = loaded(tmp_path, BEFORE_PLANS + plans)
        assert directory.procedure_for("acme").procedure == "default"

    def test_else_the_first(self, tmp_path):
        directory = loaded(tmp_path, BEFORE_PLANS + TWO_PLANS.replace("[other]", "[fire]"))
        assert directory.procedure_for("acme").procedure == "theft"

    def test_none_without_client_or_consigne(self, tmp_path):
        assert loaded(tmp_path, BEFORE_PLANS).procedure_for("acme") is None
        assert loaded(tmp_path).procedure_for("nobody") is None

    def test_kinds_and_alarm_codes(self, tmp_path):
        directory = loaded(tmp_path, BEFORE_PLANS + TWO_PLANS)
        assert directory.kinds("acme") == ("theft", "other")
        assert directory.procedure_for_alarm("acme", "BA").procedure == "theft"
        assert directory.procedure_for_alarm("acme", "999") is None


def test_services_operators_and_alarm_accounts(tmp_path):
    directory = loaded(tmp_path)
    assert directory.service_for("acme", "hq", "police").direct == "+3225554801"
    assert directory.service_for("acme", "hq", "fire") is None
    assert directory.service_for("acme", "moon", "police") is None
    assert directory.alarm_account("1234").site.site == "hq"
    assert directory.alarm_account("9999") is None
    assert directory.operator_at("201").operator == "op-1"
    assert directory.operator_at("999") is None
    assert directory.operators["op-1"].languages == {"fr": 3}


@pytest.mark.parametrize(
    ("moment", "is_in_force"),
    [
        # 2026-07-01T00:00 in Brussels, in summer.
        ("2026-06-30T21:59:59", False),
        ("2026-06-30T22:00:00", True),
        ("2026-07-07T21:59:59", True),
        ("2026-07-07T22:00:00", False),
    ],
)
def test_temporary_consignes_begin_and_end_in_local_time(tmp_path, moment, is_in_force):
    organisation = loaded(tmp_path).organisations["acme"]
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert bool(consignes_in_force(organisation, now)) is is_in_force


def test_temporary_consignes_of_a_site(tmp_path):
    text = replaced("sites: [hq], from", "sites: [annex], from")
    text = replaced("people:", "  - {site: annex, name: Annex}\npeople:", text)
    organisation = loaded(tmp_path, text).organisations["acme"]
    now = datetime(2026, 7, 2, tzinfo=UTC)
    assert len(consignes_in_force(organisation, now, "annex")) == 1
    assert consignes_in_force(organisation, now, "hq") == ()
    assert len(consignes_in_force(organisation, now)) == 1, "unknown site: show it"


def test_a_temporary_consigne_without_sites_is_for_all(tmp_path):
    organisation = loaded(tmp_path, replaced("Works, sites: [hq],", "Works,")).organisations[
        "acme"
    ]
    assert consignes_in_force(organisation, datetime(2026, 7, 2, tzinfo=UTC), "hq")


def test_a_number_claimed_by_two_clients_belongs_to_neither(tmp_path):
    first = loaded(tmp_path / "a", ACME)
    second = loaded(tmp_path / "b", replaced("organisation: acme", "organisation: twin"))
    both = Directory([*first.organisations.values(), *second.organisations.values()])
    assert len(both.organisations) == 2
    assert both.dialled("+3225554000") is None
    assert both.alarm_account("1234") is None


def test_an_empty_directory_answers_nothing():
    directory = Directory()
    assert directory.dialled("+3225554000") is None
    assert directory.procedure_for("acme") is None


def test_values_cannot_be_changed(tmp_path):
    organisation = loaded(tmp_path).organisations["acme"]
    with pytest.raises(FrozenInstanceError):
        organisation.name = "Other"


def test_roles_and_clearances_of_operators(tmp_path):
    operators = OPERATORS.replace("}}", "}, role: supervisor, clearances: [high_security]}")
    directory = Directory.load(write(tmp_path, ACME, operators=operators))
    nadia = directory.operators["op-1"]
    assert (nadia.role, nadia.clearances) == ("supervisor", ("high_security",))
