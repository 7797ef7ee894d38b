import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.bindings import Binding, BindingTable
from sip.endpoint import Endpoint
from sip.uri import Uri

HOME = Endpoint("udp", "192.0.2.10", 40_000)
AWAY = Endpoint("tcp", "192.0.2.11", 40_001)


def binding(user="anna", contact="sip:anna@192.0.2.10", source=HOME, **kwargs):
    values = {
        "q": 1.0,
        "expires_at": 100.0,
        "updated_at": 0.0,
        "call_id": "c",
        "cseq": 1,
    } | kwargs
    return Binding(user=user, contact=Uri.parse(contact), source=source, **values)


def test_finds_bindings_by_user_and_by_source():
    table, first, second = BindingTable(), binding(), binding(user="bert", updated_at=1.0)
    table.put("anna", [first])
    table.put("bert", [second])
    assert table.of("anna", 0) == [first]
    assert table.at(HOME, 0) == [second, first]
    assert table.at(AWAY, 0) == []
    assert table.of("nobody", 0) == []


def test_prefers_the_highest_q_then_the_latest():
    low, old, new = (
        binding(q=0.5, updated_at=9.0),
        binding(updated_at=1.0),
        binding(updated_at=2.0),
    )
    table = BindingTable()
    table.put("anna", [low, old, new])
    assert table.of("anna", 0) == [new, old, low]


def test_what_is_put_replaces_all_there_was():
    table = BindingTable()
    table.put("anna", [binding(), binding(contact="sip:anna@192.0.2.99")])
    table.put("anna", [binding(source=AWAY)])
    assert table.at(HOME, 0) == []
    assert len(table.of("anna", 0)) == 1
    table.put("anna", [])
    assert list(table.all()) == []
    assert table.at(AWAY, 0) == []


def test_expires_what_is_over_and_only_that():
    table = BindingTable()
    early, late = binding(expires_at=10.0), binding(user="bert", expires_at=20.0)
    table.put("anna", [early])
    table.put("bert", [late])
    assert table.next_expiry() == 10
    assert table.expire(9.9) == []
    assert table.of("anna", 10.0) == []  # over, although nobody has cleared up yet
    assert table.expire(10.0) == [early]
    assert table.next_expiry() == 20
    assert table.expire(25.0) == [late]
    assert table.next_expiry() is None
    assert table.expire(26.0) == []


def test_survives_json():
    original = binding(source=AWAY, instance="<urn:uuid:1>", user_agent="baresip")
    assert Binding.from_plain(json.loads(json.dumps(original.to_plain()))) == original


@pytest.mark.parametrize(
    "damage",
    [
        {"source": ["udp", "192.0.2.1"]},
        {"source": ["sctp", "192.0.2.1", 5060]},
        {"source": None},
        {"source": ["udp", "192.0.2.1", "no port"]},
        {"contact": "no address"},
        {"q": "much"},
        {"q": None},
        {"cseq": float("inf")},
        {"expires_at": []},
        {"expires_at": float("inf")},
        {"updated_at": float("nan")},
    ],
)
def test_damaged_ones_are_refused(damage):
    with pytest.raises(ValueError, match="not a binding"):
        Binding.from_plain(binding().to_plain() | damage)


@given(
    st.dictionaries(
        st.sampled_from(list(binding().to_plain())),
        st.none() | st.integers() | st.text() | st.lists(st.text(), max_size=3),
    )
)
def test_any_damage_is_a_value_error_or_a_binding(damage):
    plain = {key: value for key, value in binding().to_plain().items() if key not in damage}
    for candidate in (plain, plain | damage):
        try:
            assert isinstance(Binding.from_plain(candidate), Binding)
        except ValueError:
            continue


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["anna", "bert", "carl"]),
            st.lists(st.tuples(st.sampled_from([HOME, AWAY]), st.integers(1, 50)), max_size=3),
        ),
        max_size=20,
    )
)
def test_both_ways_of_finding_always_agree(history):
    table = BindingTable()
    for now, (user, wanted) in enumerate(history):
        bindings = [
            binding(user=user, source=source, expires_at=float(at)) for source, at in wanted
        ]
        table.put(user, bindings)
        gone = table.expire(now)
        assert all(each.expires_at <= now for each in gone)
        by_user = [each for name in ("anna", "bert", "carl") for each in table.of(name, now)]
        by_source = table.at(HOME, now) + table.at(AWAY, now)
        assert sorted(map(id, by_user)) == sorted(map(id, by_source))
        soonest = min((each.expires_at for each in table.all()), default=None)
        assert soonest is None or table.next_expiry() <= soonest
