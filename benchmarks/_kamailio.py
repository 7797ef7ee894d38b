"""Kamailio as a stateful proxy: what a call costs where nothing is decided."""

import shutil
import subprocess
from pathlib import Path

KAMAILIO = """#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=2
disable_tcp=yes
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
request_route {{
    if (is_method("INVITE")) record_route();
    if (is_method("INVITE")) {{ $du = "sip:127.0.0.1:{farm}"; }} else {{ loose_route(); }}
    t_relay();
}}
"""


def start_kamailio(folder: Path, port: int, phones_port: int) -> subprocess.Popen[bytes] | None:
    """Start a stateful proxy to the phones; `None` where there is no Kamailio."""
    program = shutil.which("kamailio", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        return None
    settings = folder / "kamailio.cfg"
    settings.write_text(KAMAILIO.format(port=port, farm=phones_port))
    return subprocess.Popen(
        [program, "-f", str(settings), "-DD", "-E", "-Y", str(folder), "-m", "64"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
