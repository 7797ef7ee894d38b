import socket
from pathlib import Path

import pytest

from sip.media.socket_path import MAX_NAME, short_name


def test_a_short_path_is_taken_as_it_is() -> None:
    with short_name(Path("/run/media.sock")) as name:
        assert name == "/run/media.sock"


def test_a_long_path_can_be_bound_and_connected_to(tmp_path: Path) -> None:
    folder = tmp_path / ("é" * 60) / ("b" * 120)
    folder.mkdir(parents=True)
    path = folder / "media.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        with short_name(path) as name:
            assert len(name) <= MAX_NAME
            listener.bind(name)
        listener.listen()
        assert path.is_socket()
        with short_name(path) as name:
            caller.connect(name)


def test_a_folder_that_is_not_there_is_an_error() -> None:
    path = Path("/nowhere") / ("a" * 120)
    with pytest.raises(FileNotFoundError), short_name(path):
        pass
