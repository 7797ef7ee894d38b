"""Whether somebody speaks, by the Silero model: an extra, where its runtime is installed.

Energy says that it is loud; the model says that it is a voice. Music, traffic and a dog are
loud too, and a machine that plays music before it speaks is told from a person by this.
What it takes for speech, and what not, stands in `tests/sip/media/test_silero.py`; 0.1 ms of
CPU for each 32 ms of one screened leg.

The model (https://github.com/snakers4/silero-vad, MIT) takes 256 samples at 8,000 a second
behind the last 32 of those before, and a state that it hands back.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final

RUNTIME: Final = "onnxruntime"
CHUNK: Final = 256
"Samples the model looks at together: 32 ms."
CONTEXT: Final = 32
"Samples before them that it wants to see again."
_RATE: Final = 8000
_STATE: Final = (2, 1, 128)
SPEECH: Final = 0.5
"Probability from which it is speech ..."
STILL_SPEECH: Final = 0.35
"... and down to which it still is: a voice that sinks at the end of a word goes on."


class UnusableModel(Exception):
    """There is no runtime, or the file is no such model. The text says which."""


class SileroModel:
    """The model, loaded once a process and asked for every screened leg.

    :raises UnusableModel: it cannot be used here.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.numpy: Any = importlib.import_module("numpy")
            runtime: Any = importlib.import_module(RUNTIME)
        except ImportError as error:
            raise UnusableModel(f"{error.name} is not installed (the extra `amd`)") from None
        options = runtime.SessionOptions()
        # Threads of its own would wait at the media thread's door.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session: Any = runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            self.ask(self.numpy.zeros((1, CONTEXT + CHUNK), "float32"), self.new_state())
        except Exception as error:  # the runtime's own errors share no base class
            raise UnusableModel(f"{path} is no voice model: {error}"[:300]) from None

    def new_state(self) -> Any:
        """Return what the model remembers of a leg before its first sound."""
        return self.numpy.zeros(_STATE, "float32")

    def ask(self, samples: Any, state: Any) -> tuple[float, Any]:
        """Return how probably somebody speaks, 0 to 1, and the state after it."""
        rate = self.numpy.array(_RATE, "int64")
        found, after = self._session.run(None, {"input": samples, "state": state, "sr": rate})
        return float(found[0][0]), after


class SileroActivity:
    """Listens to one leg; see :class:`sip.media.machine.VoiceActivity`.

    The model's step is not ours: between two steps the last answer stands, 32 ms at most.
    """

    __slots__ = ("_is_speech", "_model", "_samples", "_state", "_waiting")

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._state = model.new_state()
        self._samples: Any = model.numpy.zeros((1, CONTEXT + CHUNK), "float32")
        self._waiting = bytearray()
        self._is_speech = False

    def is_speech(self, pcm: bytes) -> bool:
        """Take the next 20 ms of 16-bit samples; whether somebody speaks in them."""
        self._waiting += pcm
        while len(self._waiting) >= 2 * CHUNK:
            self._look(bytes(self._waiting[: 2 * CHUNK]))
            del self._waiting[: 2 * CHUNK]
        return self._is_speech

    def _look(self, chunk: bytes) -> None:
        samples = self._samples
        samples[0, :CONTEXT] = samples[0, -CONTEXT:]
        samples[0, CONTEXT:] = self._model.numpy.frombuffer(chunk, "<i2") / 32768.0
        probability, self._state = self._model.ask(samples, self._state)
        self._is_speech = probability >= (STILL_SPEECH if self._is_speech else SPEECH)
