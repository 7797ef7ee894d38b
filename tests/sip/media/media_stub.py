"""Pretends to be a media process: says hello, then does what its first argument says.

`well` answers pings; `silent` hears nothing; `mute` never greets; `exit` ends at once;
`wild` greets and talks nonsense. Every line it hears goes to the file named last.
"""

import json
import os
import socket
import sys
from pathlib import Path


def main() -> None:
    mode, path, diary = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if mode == "exit":
        sys.exit("it does not work here")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    while True:
        engine, _ = listener.accept()
        serve(engine, mode, diary)


def serve(engine: socket.socket, mode: str, diary: Path) -> None:
    say = lambda **message: engine.sendall(json.dumps(message).encode() + b"\n")  # noqa: E731
    for line in engine.makefile("rb"):
        with diary.open("ab") as file:
            file.write(line)
        message = json.loads(line)
        match message["do"]:
            case "hello" if mode != "mute":
                taken = set(message["ports"])
                ready = [port for port in range(30_000, 30_010, 2) if port not in taken]
                say(what="Welcome", ready=ready, legs=[], recordings=[])
                if mode == "wild":
                    engine.sendall(b"nonsense\n[]\n{}\n" + b'{"what":"Ready"}\n')
                    say(what="AudioLost", leg="misspelt")
                    say(what="FaxHeard", leg_id="x")
                    say(what="AudioLost", leg_id="x")
            case "ping" if mode != "silent":
                say(what="Pong")
            case "digits":
                say(what="DigitHeard", leg_id="x", digit="5", duration_ms=80)
            case "end_recording":
                say(
                    what="RecordingEnded",
                    recording_id=message["recording_id"],
                    call_id="c",
                    seconds=1.5,
                    sha256="00",
                    legs={},
                )
            case "stop":
                os._exit(0)


if __name__ == "__main__":
    main()
