"""Phrases at the desk: the current step's by one key, in the caller's language."""

from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import press, seen, talking
from tests.securityline.web.test_consigne import card


async def test_the_current_step_s_phrase_takes_one_key(home: House, desk: Browser) -> None:
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring(languages=("de", "fr"))
    await home.settled()
    await desk.sign_in("op-1")
    case = ids[0]
    shown = card(home, desk, case)
    assert (
        'data-act="phrase" data-incident="inc-0001" data-phrase="safe" data-key="Shift+S"'
        in shown
    )
    assert "Sind Sie in Sicherheit?" in shown
    async with desk.live(shown=case) as socket:
        assert (await press(socket, "phrase", incident=case, phrase="safe"))["is_done"]
        assert "error" in await press(socket, "phrase", incident=case, phrase="nonsense")
    [line] = seen(home, "PhrasePressed")
    assert (line["language"], line["prompt"]) == ("de", "phrase_safe")
    shown = card(home, desk, case)
    assert "Played to the caller:" in shown
    assert "Drücken Sie vier für ja" in shown


async def test_a_covert_case_offers_none(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    assert 'data-choices="phrases"' in card(home, desk, case)
    async with desk.live(shown=case) as socket:
        await press(socket, "covert", incident=case)
        assert 'data-choices="phrases"' not in card(home, desk, case)
        await press(socket, "phrase", incident=case, phrase="safe")
        await home.settled()
    assert [x["reason"] for x in seen(home, "PhraseRefused")] == ["the case is covert"]


async def test_who_speaks_a_language_without_phrases_is_asked_in_english(
    home: House, desk: Browser
) -> None:
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring(languages=("pt",))
    await home.settled()
    await desk.sign_in("op-1")
    assert "Are you safe?" in card(home, desk, ids[0])


async def test_nobody_plays_into_a_colleague_s_call(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-2")
    async with desk.live(shown=case) as socket:
        assert "error" in await press(socket, "phrase", incident=case, phrase="safe")
    assert not seen(home, "PhrasePressed")
