"""Templates, compiled once, with everything that a template may call.

Autoescape is on and undefined names are errors: what comes from a SIP header or a YAML
file can be text on the page and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup

from client_directory.model import Text, in_language
from securityline.web import card_vocabulary, case_limits, room_words, shift_words, vocabulary
from securityline.web.parts import parts, static_address
from securityline.web.plain import clip, without_tricks, write_duration, write_number
from securityline.web.vocabulary import call_it
from securityline.web.words import LANGUAGES, WORDS, Words

HERE: Final = Path(__file__).parent
ROWS_KEPT: Final = 1024
"Rows of lists that are drawn, by language and template."


class _CompiledOnce(BytecodeCache):
    """What one language's environment has compiled, for the others.

    Compiling is most of what a restart costs, and callers wait for a restart. The code is the
    same in every language: what differs are values it looks up when it runs.
    """

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what was compiled before."""
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was just compiled."""
        self._code[bucket.key] = bucket.bytecode_to_string()


def _shown(value: Any) -> Any:
    """Make what a page shows harmless to read, whoever wrote it: a caller, an alarm, a file."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return without_tricks(value) if is_text else value


class Rendering:
    """The templates in every language.

    :param clock: engine time, seconds since the epoch.
    :param zone: of the times that people read.
    """

    def __init__(self, clock: Callable[[], float], zone: ZoneInfo) -> None:
        self.clock = clock
        self.zone = zone
        compiled = _CompiledOnce()
        self._environments = {tag: self._environment(WORDS[tag], compiled) for tag in LANGUAGES}
        self._templates: dict[tuple[str, str], Template] = {}

    def __call__(self, template: str, language: str, values: Mapping[str, Any]) -> str:
        """Render one template."""
        return self._template(template, language).render(values)

    def compile_next(self) -> Iterator[str]:
        """Compile every template, a file in all languages with each step.

        For the time after the start: callers wait for a restart, and pages do not yet.
        """
        names = self._environments["en"].list_templates(extensions=["html"])
        for name in names:
            for language in self._environments:
                self._template(name, language)
            yield name

    def _template(self, name: str, language: str) -> Template:
        found = self._templates.get((name, language))
        if found is None:
            found = self._environments[language].get_template(name)
            self._templates[name, language] = found
        return found

    def moment(self, at: float, form: str = "%H:%M:%S") -> str:
        """Write an engine time as people's wall clock."""
        return datetime.fromtimestamp(at, self.zone).strftime(form)

    def iso(self, at: float) -> str:
        """Write an engine time as RFC 3339, UTC, milliseconds."""
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def _environment(self, words: Words, compiled: BytecodeCache) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=compiled,
        )
        language = words.language

        @pass_context  # so that it is never worked out while compiling, for all languages
        def text(_context: Context, value: Text) -> str:
            return in_language(value, (language, "en"))

        environment.filters.update(number=write_number, clip=clip, text=text)
        environment.globals.update(
            language=language,
            languages=tuple(LANGUAGES.items()),
            now=self.clock,
            duration=write_duration,
            static=static_address,
            time_zone=self.zone.key,
            moment=self.moment,
            urgency_words=lambda level: words(vocabulary.URGENCIES[level]),
        )
        for name, table in {
            "state_words": vocabulary.DESK_STATES,
            "item_words": shift_words.ITEM_KINDS,
            "limit_words": case_limits.LIMITS,
            "call_state_words": vocabulary.CALL_STATES,
            "office_words": vocabulary.ROLES,
            "kind_words": vocabulary.ALARM_KINDS,
            "disposition_words": vocabulary.DISPOSITIONS,
            "means_words": vocabulary.MEANS,
            "case_stage_words": card_vocabulary.STAGES,
            "confidence_words": card_vocabulary.CONFIDENCES,
            "person_role_words": card_vocabulary.PERSON_ROLES,
            "key_words": card_vocabulary.KEY_MEANINGS,
            "secret_words": card_vocabulary.SECRET_OUTCOMES,
            "language_words": vocabulary.SPOKEN,
            "action_words": vocabulary.ACTIONS,
            "tree_state_words": vocabulary.TREE_STATES,
            "strategy_words": vocabulary.STRATEGIES,
            "ordered_words": vocabulary.ORDERED,
            "stage_words": vocabulary.TIMER_STAGES,
            "task_words": vocabulary.TASK_STATES,
            "outcome_words": vocabulary.TASK_OUTCOMES,
            "service_state_words": vocabulary.SERVICE_STATES,
            "service_kind_words": vocabulary.SERVICE_KINDS,
            "alert_words": room_words.ALERTS,
            "mode_words": room_words.MODES,
            "mode_told": room_words.MODES_TOLD,
            "why_words": room_words.WHY_TOLD,
        }.items():
            environment.globals[name] = _namer(words, table)
        environment.globals.update(parts(words, self.clock))
        environment.globals.update(
            case_row=self._row("case_row.html", language),
            operator_row=self._row("operator_row.html", language),
        )
        return environment

    def _row(self, template: str, language: str) -> Callable[..., Markup]:
        """Return what draws one row of a list, each row once for as long as it is the same.

        A list is drawn ten times a second while calls come and go, and of its hundred rows
        one has changed. How long ago something was is then as old as the row: the page
        counts on from `data-since` before anybody sees it.
        """

        @lru_cache(maxsize=ROWS_KEPT)
        def draw(*row: Any) -> Markup:
            return Markup(self(template, language, {"row": row}))  # noqa: S704 - our template

        return draw


def _namer(words: Words, table: Mapping[str, str]) -> Callable[[str], str]:
    def name(value: str) -> str:
        return call_it(words, table, value)

    return name
