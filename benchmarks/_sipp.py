"""SIPp at both ends: a carrier that calls (UAC) and all operators' phones (UAS).

SIPp's own statistics of response times (`-trace_rtt`) count whole milliseconds, and a proxy
needs less than one. Its log of messages (`-trace_shortmsg`) has each with its microseconds, by
SIPp's own clock as it sends and receives: figures are taken from there.
"""

import asyncio
import shutil
from pathlib import Path

from benchmarks._phones import DID

PROGRAM = "sipp"
PICK_UP = 20
"Milliseconds from 180 to 200: Kamailio's two processes would let one overtake the other."
SDP = """v=0
      o=- 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio 9 RTP/AVP 8 101
      a=rtpmap:101 telephone-event/8000
      a=sendrecv
"""
CARRIER = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="carrier">
  <send retrans="500"><![CDATA[
      INVITE sip:{DID}@[remote_ip]:[remote_port];user=phone SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
      Max-Forwards: 66
      From: <sip:[field0]@trunk.example;user=phone>;tag=f[call_number]
      To: <sip:{DID}@trunk.example;user=phone>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:[local_ip]:[local_port]>
      P-Asserted-Identity: <sip:[field0]@trunk.example;user=phone>
      Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,PRACK,UPDATE,INFO
      Supported: timer
      Content-Type: application/sdp
      Content-Length: [len]

      {SDP}]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" rrs="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
      Max-Forwards: 70
      [routes]
      From: <sip:[field0]@trunk.example;user=phone>;tag=f[call_number]
      To: <sip:{DID}@trunk.example;user=phone>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Content-Length: 0

  ]]></send>
  <pause milliseconds="{{talk}}"/>
  <send retrans="500"><![CDATA[
      BYE [next_url] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
      Max-Forwards: 70
      [routes]
      From: <sip:[field0]@trunk.example;user=phone>;tag=f[call_number]
      To: <sip:{DID}@trunk.example;user=phone>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"""
PHONES = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phones">
  <recv request="INVITE" rrs="true"/>
  <send><![CDATA[
      SIP/2.0 180 Ringing
      [last_Via:]
      [last_Record-Route:]
      [last_From:]
      [last_To:];tag=p[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port]>
      Content-Length: 0

  ]]></send>
  <pause milliseconds="{PICK_UP}"/>
  <send retrans="500"><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_Record-Route:]
      [last_From:]
      [last_To:];tag=p[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port]>
      Content-Type: application/sdp
      Content-Length: [len]

      {SDP}]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
</scenario>
"""


def why_not() -> str:
    """Why there is no SIPp to measure with, or nothing."""
    return "" if shutil.which(PROGRAM) else "SIPp (sip-tester) is not installed"


async def phones_at(folder: Path, port: int) -> asyncio.subprocess.Process:
    """Start all operators' phones at a port: each rings at once and picks up soon after."""
    scenario = folder / "phones.xml"
    scenario.write_text(PHONES)
    return await asyncio.create_subprocess_exec(
        PROGRAM, "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(port), "-aa", "-nostdin",
        "-nd", cwd=folder, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def calls(
    folder: Path, port: int, to: int, rate: float, count: int, talk_time: float
) -> tuple[list[float], int]:
    """Place calls at an even rate.

    :param talk_time: seconds from ACK to BYE.
    :returns: INVITE to 180 of each call that rang, in seconds, and how many calls failed.
    """
    folder.mkdir(exist_ok=True)
    scenario, callers = folder / "carrier.xml", folder / "callers.csv"
    scenario.write_text(CARRIER.replace("{talk}", str(int(1000 * talk_time))))
    numbers = (f"+324{70000000 + number:08d};" for number in range(count))
    callers.write_text("\n".join(("SEQUENTIAL", *numbers)) + "\n")
    sipp = await asyncio.create_subprocess_exec(
        PROGRAM, f"127.0.0.1:{to}", "-sf", str(scenario), "-inf", str(callers),
        "-i", "127.0.0.1", "-p", str(port), "-r", str(rate), "-m", str(count),
        "-l", str(count), "-trace_shortmsg", "-trace_stat", "-aa", "-nostdin",
        "-timeout", f"{int(count / rate) + 60}s", "-recv_timeout", "40000",
        cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await sipp.wait()
    times = _times((folder / f"carrier_{sipp.pid}_shortmessages.log").read_text())
    return times, count - _over((folder / f"carrier_{sipp.pid}_.csv").read_text())


def _times(log: str) -> list[float]:
    """Read how long each call took from its first INVITE to its first 180, in seconds."""
    sent: dict[str, float] = {}
    rang: dict[str, float] = {}
    for line in log.splitlines():
        _, _, at, way, call_id, _, what = line.split("\t")
        if way == "S" and what.startswith("INVITE "):
            sent.setdefault(call_id, float(at))
        elif way == "R" and what.startswith("SIP/2.0 180"):
            rang.setdefault(call_id, float(at))
    return [at - sent[call_id] for call_id, at in rang.items()]


def _over(statistics: str) -> int:
    """Return how many calls went to their end, as the last row of the statistics says."""
    heads, *rows = (line.split(";") for line in statistics.splitlines())
    return int(rows[-1][heads.index("SuccessfulCall(C)")])
