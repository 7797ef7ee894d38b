"""How the people, steps and consignes in log lines are called, as far as we still know."""

from collections.abc import Iterator

from callflows.procedure_run import ProcedureRun
from client_directory.model import in_language
from securityline.web.board import Board
from securityline.web.steps import describe_step
from securityline.web.words import Words


class Names:
    """Names by id; an id that is not known any more stands for itself."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def name_of(self, operator: str | None) -> str:
        """Name of an operator, or his id."""
        return self._board.name_of(operator)

    def step_words(self, incident_id: str, step: str, words: Words) -> str:
        """Words of a step of the consigne that the case follows, or followed."""
        for run in self._runs(incident_id):
            found = run.step(step)
            if found is not None:
                return describe_step(found, words)
        return step

    def procedure_words(self, incident_id: str, procedure: str, words: Words) -> str:
        """Title of a consigne that the case follows, or followed."""
        for run in self._runs(incident_id):
            if run.procedure is not None and run.procedure.procedure == procedure:
                return in_language(run.procedure.title, (words.language, "en"))
        return procedure

    def person_words(self, incident_id: str, person: str) -> str:
        """Name of a person whom a call tree of the case calls, or his id."""
        return self._board.person_name(incident_id, person)

    def _runs(self, incident_id: str) -> Iterator[ProcedureRun]:
        incident = self._board.incident(incident_id)
        if incident is not None:
            yield incident.run
            yield from incident.earlier_runs[::-1]
