"""Hand an alarm in over HTTP, from a program of your own. Needs nothing but Python.

    SECURITYLINE_TOKEN=… python examples/report_alarm.py http://127.0.0.1:8080 1234 intrusion 15

The token needs the scope `alarms:write` (`securityline token create --scope alarms:write`; the
demo prints one). What matters is the key: made once for each alarm and sent again with every
try, so that an alarm whose answer was lost on the way makes no second case. Only 200 and 201
say that it is on the disk; until then, send it again.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

TRIES = 10
PAUSE = 2.0
"Seconds between two tries."


def report(desk: str, token: str, account: str, kind: str, zone: str = "") -> str:
    """Return the case that the alarm opened or joined, if any: on test it opens none.

    :raises SystemExit: it was refused, or nobody took it in all tries: ring the operators.
    """
    alarm = {
        "idempotency_key": str(uuid.uuid4()),
        "account": account,
        "kind": kind,
        "zone": zone,
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for _ in range(TRIES):
        request = urllib.request.Request(  # noqa: S310 - the desk's own address
            f"{desk}/api/v1/alarms", json.dumps(alarm).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
                return json.load(answer)["incident_id"] or "no case"
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise SystemExit(f"refused: {error.code} {error.read().decode()}") from None
        except OSError:
            pass  # nobody there, or the answer was lost: the same key goes out again
        time.sleep(PAUSE)
    raise SystemExit("nobody takes the alarm: ring the operators")


if __name__ == "__main__":
    print(report(sys.argv[1], os.environ["SECURITYLINE_TOKEN"], *sys.argv[2:]))  # noqa: T201
