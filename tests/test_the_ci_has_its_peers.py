"""In CI no proof may be missing because a program is: a test that skips is green too.

Elsewhere who has no SIPp or Chromium still runs the rest; the tests that need them say so.
"""

import os
from importlib.util import find_spec

import pytest

from tests.interop.peers import find
from tests.securityline.web import chromium

PEERS = ("sipp", "baresip", "sox", "tshark")
"As `tools/install_peers` installs them; what other tests need may be missing on a system."


def missing() -> list[str]:
    """Say which of the programs that prove the telephone and the desk are not here."""
    absent = [f"{program} is not installed" for program in PEERS if find(program) is None]
    if find_spec("pyVoIP") is None:
        absent.append("pyVoIP is not installed")
    return [*absent, *filter(None, [chromium.why_not()])]


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only CI must have every peer")
def test_the_ci_has_its_peers() -> None:
    absent = missing()
    assert not absent, "; ".join(absent)


def test_a_peer_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.interop.peers.shutil.which", lambda *_args, **_options: None)
    absent = missing()
    for program in (*PEERS, "/usr/bin/chromium"):
        assert f"{program} is not installed" in absent
