"""Words spoken on demand: with espeak-ng where it is, and with programs that misbehave."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import wave
from ast import literal_eval
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts import is_spoken
from securityline import speech
from securityline.media_process import MAX_SAID, Prompts
from securityline.speech import (
    MAX_CHARACTERS,
    CannotSpeak,
    EspeakSpeaker,
    NoSpeaker,
    clean,
    speaker_for,
)
from securityline.speech_helper import MOST_WAITING, SpeechHelper
from tests.securityline.sound import loudness

ESPEAK = shutil.which("espeak-ng")
needs_espeak = pytest.mark.skipif(ESPEAK is None, reason="espeak-ng is not installed")


class Program:
    """A speech program of ours: writes down what it is given, and says a tone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "espeak-ng"
        self.log = folder / "log"
        self.sound = folder / "sound.wav"
        with wave.open(str(self.sound), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(22_050)
            file.writeframes(b"\x00\x20\x00\xe0" * 8000)
        self.write(f"sys.stdout.buffer.write(open({str(self.sound)!r}, 'rb').read())")

    def write(self, then: str) -> None:
        self.path.write_text(
            f"#!{sys.executable}\n"
            "import os, sys, time\n"
            "given = sys.stdin.buffer.read()\n"
            f"with open({str(self.log)!r}, 'ab') as log:\n"
            "    line = repr((sys.argv[1:], given.decode(), os.nice(0)))\n"
            "    log.write(line.encode() + b'\\n')\n"
            f"{then}\n"
        )
        self.path.chmod(0o700)

    @property
    def runs(self) -> list[tuple[list[str], str, int]]:
        if not self.log.exists():
            return []
        return [literal_eval(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest_asyncio.fixture
async def speaker(tmp_path: Path, program: Program) -> AsyncIterator[EspeakSpeaker]:
    sayings = {"ING": "i n g", "Zaventem": "zaavetem"}
    speaker = EspeakSpeaker(tmp_path / "speech", str(program.path), sayings)
    yield speaker
    await speaker.stop()


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "speech").glob("*/*"))


async def test_words_become_a_prompt_of_their_language(
    tmp_path: Path, program: Program, speaker: EspeakSpeaker
) -> None:
    name = await speaker.prompt_for("Site Gent, poort 3", "nl-BE")
    assert is_spoken(name)
    assert files(tmp_path) == [tmp_path / "speech" / "nl" / f"{name}.wav"]
    with wave.open(str(files(tmp_path)[0])) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert loudness(file.readframes(file.getnframes())) > 1000
    [(arguments, given, niceness)] = program.runs
    assert given == "Site Gent, poort 3"
    assert arguments[:2] == ["-v", "nl"]
    assert niceness == 19


async def test_what_was_said_once_is_not_spoken_again(
    program: Program, speaker: EspeakSpeaker
) -> None:
    first = await speaker.prompt_for("Site Gent", "nl")
    assert await speaker.prompt_for("  Site   Gent ", "nl") == first
    assert len(program.runs) == 1
    assert await speaker.prompt_for("Site Gent", "fr") != first
    assert await speaker.prompt_for("Site Aalst", "nl") != first


async def test_several_who_want_the_same_words_wait_for_one_run(
    program: Program, speaker: EspeakSpeaker
) -> None:
    wanted = [asyncio.create_task(speaker.prompt_for("Gent", "nl")) for _ in range(8)]
    await asyncio.sleep(0)
    wanted[0].cancel()
    names = await asyncio.gather(*wanted[1:])
    assert len(set(names)) == 1
    assert len(program.runs) == 1


# ---------------------------------------------------------------- the process for it


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_nothing_is_forked_by_the_engine_once_it_has_started(
    program: Program, speaker: EspeakSpeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await speaker.start()

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the engine forks during an alarm")

    for name in ("fork_exec", "_fork_exec"):
        monkeypatch.setattr(subprocess, name, refused, raising=False)
    monkeypatch.setattr(subprocess.Popen, "__init__", refused)
    assert is_spoken(await speaker.prompt_for("Gent", "nl"))
    assert is_spoken(await speaker.prompt_for("Aalst", "nl"))
    monkeypatch.undo()


async def test_it_dies_and_is_started_again(program: Program, speaker: EspeakSpeaker) -> None:
    helper = speaker._helper = SpeechHelper(5.0, first_pause=0.01)
    await speaker.start()
    first = helper.pid
    assert first is not None
    program.write("os.kill(os.getppid(), 9)")
    with pytest.raises(CannotSpeak, match="ended"):
        await speaker.prompt_for("Gent", "nl")
    program.write(f"sys.stdout.buffer.write(open({str(program.sound)!r}, 'rb').read())")
    async with asyncio.timeout(30):
        while helper.pid is None:  # noqa: ASYNC110  # started by a task of its own
            await asyncio.sleep(0)
    assert helper.pid != first
    assert is_spoken(await speaker.prompt_for("Gent", "nl"))


async def test_while_it_is_away_the_answer_comes_at_once(
    program: Program, speaker: EspeakSpeaker
) -> None:
    speaker._helper = SpeechHelper(5.0, first_pause=600.0)
    program.write("os.kill(os.getppid(), 9)")
    with pytest.raises(CannotSpeak, match="ended"):
        await speaker.prompt_for("Gent", "nl")
    with pytest.raises(CannotSpeak, match="not there"):
        await speaker.prompt_for("Gent", "nl")


async def test_a_stuck_one_is_killed_with_what_it_started(
    tmp_path: Path, program: Program, speaker: EspeakSpeaker
) -> None:
    helper = speaker._helper = SpeechHelper(0.5, first_pause=600.0)
    program.write(
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nsys.stdout.flush()\n"
        "time.sleep(600)"
    )
    with pytest.raises(CannotSpeak, match="ended"):
        await speaker.prompt_for("Gent", "nl")
    assert helper.pid is None
    if (tmp_path / "pid").exists():
        async with asyncio.timeout(30):
            while is_alive(int((tmp_path / "pid").read_text())):  # noqa: ASYNC110  # no child
                await asyncio.sleep(0)


async def test_too_many_who_wait_are_refused(program: Program, speaker: EspeakSpeaker) -> None:
    program.write("time.sleep(600)")
    asked = [
        asyncio.create_task(speaker.prompt_for(f"word {n}", "nl"))
        for n in range(MOST_WAITING + 1)
    ]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    [refused] = [task for task in asked if task.done()]
    with pytest.raises(CannotSpeak, match="too many"):
        await refused
    await speaker.stop()
    for task in asked:
        if task is not refused:
            with pytest.raises(CannotSpeak, match="stops"):
                await task


async def test_it_ends_with_the_engine(program: Program, speaker: EspeakSpeaker) -> None:
    await speaker.start()
    pid = speaker._helper.pid
    assert pid is not None
    await speaker.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_ends_when_the_engine_was_killed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "securityline.speech_process"], input=b"", timeout=30, check=True
    )
    assert run.returncode == 0


async def test_the_loop_goes_on_while_it_speaks(
    program: Program, speaker: EspeakSpeaker
) -> None:
    task = asyncio.create_task(speaker.prompt_for("Gent", "nl"))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_words_are_said_as_the_table_has_it(
    program: Program, speaker: EspeakSpeaker
) -> None:
    await speaker.prompt_for("De ing in ZAVENTEM, niet in Zaventemstraat", "nl")
    assert program.runs[0][1] == "De i n g in zaavetem, niet in Zaventemstraat"


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        ("--path=/etc Gent", "--path etc Gent"),
        ("-w /tmp/x", "-w tmp x"),
        ("Gent; rm -rf / & echo $(id) `id`", "Gent; rm -rf & echo id id"),
        ("[[h@l'oU]] Gent", "h l'oU Gent"),
        ("Gent\x01+10S\x00\x1b[31m", "Gent +10S 31m"),
        ("<speak><audio src='x'/>Gent</speak>", "speak audio src 'x' Gent speak"),
        ("Ge\u202ent\u200b \ud800", "Ge nt"),
        ("Éco\u0301le", "Écóle"),
    ],
)
async def test_hostile_words_are_words(
    program: Program, speaker: EspeakSpeaker, hostile: str, said: str
) -> None:
    await speaker.prompt_for(hostile, "fr")
    [(arguments, given, _)] = program.runs
    assert given == said
    assert arguments == ["-v", "fr-be", "-s", "145", "-b", "1", "--stdin", "--stdout"]


@pytest.mark.parametrize("words", ["", "   ", "...", "\x00\x01", "<>[]{}", "👋"])
async def test_without_a_word_there_is_nothing_to_say(
    program: Program, speaker: EspeakSpeaker, words: str
) -> None:
    with pytest.raises(CannotSpeak, match="no word"):
        await speaker.prompt_for(words, "nl")
    assert program.runs == []


@pytest.mark.parametrize("length", [MAX_CHARACTERS + 1, 10_000_000])
async def test_more_than_anybody_listens_to_is_refused(
    speaker: EspeakSpeaker, length: int
) -> None:
    with pytest.raises(CannotSpeak, match="characters"):
        await speaker.prompt_for("a" * length, "nl")


@pytest.mark.parametrize("language", ["pt", "", "../../etc", "nl/../..", "n" * 9999])
async def test_a_language_without_a_voice_is_refused(
    speaker: EspeakSpeaker, language: str
) -> None:
    with pytest.raises(CannotSpeak, match="no voice"):
        await speaker.prompt_for("Gent", language)


@pytest.mark.parametrize(
    ("then", "why"),
    [
        ("sys.exit(3)", "ended with 3"),
        ("pass", "ended with 0"),
        ("print('no sound')", "not a WAV file"),
        ("os.kill(os.getpid(), 9)", "ended with -9"),
    ],
)
async def test_a_program_that_fails_is_told_and_leaves_nothing(
    tmp_path: Path, program: Program, speaker: EspeakSpeaker, then: str, why: str
) -> None:
    program.write(then)
    with pytest.raises(CannotSpeak, match=why):
        await speaker.prompt_for("Gent", "nl")
    assert files(tmp_path) == []


async def test_after_a_failure_it_is_tried_again(
    program: Program, speaker: EspeakSpeaker
) -> None:
    program.write("sys.exit(1)")
    with pytest.raises(CannotSpeak):
        await speaker.prompt_for("Gent", "nl")
    program.write(f"sys.stdout.buffer.write(open({str(program.sound)!r}, 'rb').read())")
    assert is_spoken(await speaker.prompt_for("Gent", "nl"))


async def test_a_program_that_hangs_is_ended(tmp_path: Path, program: Program) -> None:
    program.write("time.sleep(600)")
    speaker = EspeakSpeaker(tmp_path / "speech", str(program.path), {}, speak_time=0.5)
    with pytest.raises(CannotSpeak, match="more than"):
        await speaker.prompt_for("Gent", "nl")
    await speaker.stop()


async def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, program: Program, speaker: EspeakSpeaker
) -> None:
    (tmp_path / "speech").write_text("in the way")
    with pytest.raises(CannotSpeak, match="Error"):
        await speaker.prompt_for("Gent", "nl")


async def test_what_is_spoken_is_for_our_eyes_alone(
    tmp_path: Path, speaker: EspeakSpeaker
) -> None:
    await speaker.prompt_for("Jan Peeters", "nl")
    [path] = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_was_not_said_for_longest_makes_room(
    tmp_path: Path, program: Program
) -> None:
    speaker = EspeakSpeaker(tmp_path / "speech", str(program.path), {}, max_bytes=40_000)
    names = []
    for i, word in enumerate(("een", "twee", "drie", "vier", "vijf")):
        names.append(await speaker.prompt_for(word, "nl"))
        os.utime(tmp_path / "speech" / "nl" / f"{names[-1]}.wav", (i, i))
    await speaker.stop()
    left = {path.stem for path in files(tmp_path)}
    assert names[-1] in left
    assert names[0] not in left
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 40_000


async def test_what_is_said_again_is_no_longer_the_oldest(
    tmp_path: Path, program: Program
) -> None:
    speaker = EspeakSpeaker(tmp_path / "speech", str(program.path), {}, max_bytes=40_000)
    often = await speaker.prompt_for("een", "nl")
    once = await speaker.prompt_for("twee", "nl")
    os.utime(tmp_path / "speech" / "nl" / f"{often}.wav", (1, 1))
    os.utime(tmp_path / "speech" / "nl" / f"{once}.wav", (2, 2))
    assert await speaker.prompt_for("een", "nl") == often
    for word in ("drie", "vier"):
        await speaker.prompt_for(word, "nl")
        if once not in (left := {path.stem for path in files(tmp_path)}):
            break
    await speaker.stop()
    assert once not in left
    assert often in left


async def test_without_a_program_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech.shutil, "which", lambda name: None)
    speaker = speaker_for(tmp_path)
    assert isinstance(speaker, NoSpeaker)
    with pytest.raises(CannotSpeak, match="espeak-ng is not installed"):
        await speaker.prompt_for("Gent", "nl")


@given(st.text(max_size=500))
def test_cleaned_words_hold_no_command(words: str) -> None:
    cleaned = clean(words)
    assert not set(cleaned) & set('[]<>{}\\\0\x01\n\r\t"`$|/=')
    assert cleaned == " ".join(cleaned.split())
    cleaned.encode()


@needs_espeak
@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
async def test_the_real_program_speaks_every_language(tmp_path: Path, language: str) -> None:
    speaker = speaker_for(tmp_path)
    name = await speaker.prompt_for("Zaventem, Jan Peeters", language)
    spoken = Prompts(tmp_path / "none", tmp_path).load(name, language)
    assert spoken is not None
    assert 8000 < len(spoken) < 8000 * 5
    await speaker.stop()


@needs_espeak
async def test_the_real_program_takes_hostile_words_for_words(tmp_path: Path) -> None:
    speaker = speaker_for(tmp_path / "speech")
    for hostile in ("--version", "-w x.wav Gent", "[[aaa]] Gent", "<audio src='/etc/passwd'/>"):
        assert is_spoken(await speaker.prompt_for(hostile, "en"))
    await speaker.stop()
    assert not Path("x.wav").exists()


async def test_the_media_process_finds_what_was_spoken(
    tmp_path: Path, speaker: EspeakSpeaker
) -> None:
    name = await speaker.prompt_for("Gent", "nl")
    prompts = Prompts(tmp_path / "none", tmp_path / "speech")
    spoken = prompts.load(name, "fr")
    assert spoken is not None
    assert prompts.load(name, "nl") is spoken, "read once"


def test_a_spoken_prompt_that_comes_later_is_found_then(tmp_path: Path) -> None:
    name = "ab" * 32
    prompts = Prompts(tmp_path / "none", tmp_path)
    assert prompts.load(name, "nl") is None
    (tmp_path / "nl").mkdir()
    with wave.open(str(tmp_path / "nl" / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\x10" * 800)
    assert prompts.load(name, "nl") is not None


def test_memory_for_spoken_prompts_is_bounded(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path / "none", tmp_path)
    (tmp_path / "nl").mkdir()
    for i in range(MAX_SAID + 20):
        with wave.open(str(tmp_path / "nl" / f"{i:064x}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\0\x10" * 8)
        assert prompts.load(f"{i:064x}", "nl") is not None
    assert len(prompts._said) == MAX_SAID


@pytest.mark.parametrize("name", ["AB" * 32, "ab" * 31, "please_hold", "../" * 8, ""])
def test_other_names_are_no_spoken_prompts(name: str) -> None:
    assert not is_spoken(name)
