from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from securityline.web.app import create_app
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House, browser


async def test_alive_is_alive_even_when_not_ready(home: House, desk: Browser) -> None:
    home.reasons.append("the disk is full")
    assert (await desk.get("/healthz")).status == 200
    answer = await desk.get("/readyz")
    assert answer.status == 503
    assert await answer.json() == {
        "status": "not ready",
        "reasons": ["the disk is full"],
        "degraded": [],
        "media_priority": None,
    }
    home.reasons.clear()
    answer = await desk.get("/readyz")
    assert (answer.status, (await answer.json())["reasons"]) == (200, [])


async def test_the_priority_that_the_media_process_has_is_said(home: House) -> None:
    services = replace(home.services(), media_priority=lambda: "fifo")
    async with browser(create_app(services)) as desk:
        assert (await (await desk.get("/readyz")).json())["media_priority"] == "fifo"


async def test_what_is_broken_while_calls_are_taken_is_said_and_leaves_it_ready(
    home: House, desk: Browser
) -> None:
    home.degraded.append("trunk carrier-b does not answer")
    answer = await desk.get("/readyz")
    assert answer.status == 200
    told = await answer.json()
    assert (told["status"], told["reasons"]) == ("ready", [])
    assert told["degraded"] == home.degraded
    assert "securityline_degraded_reasons 1.0" in await (await desk.get("/metrics")).text()


async def test_figures_are_right_and_tell_nothing_of_clients(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1")
    home.ring(POSTES, DUPONT)
    left = home.ring(BANQUE, "+32470000011")
    await home.settled()
    home.caller_hangs_up(left)
    await home.settled()
    answer = await desk.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = await answer.text()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["securityline_calls_total", "offered"] == 2
    assert samples["securityline_calls_total", "abandoned"] == 1
    assert samples["securityline_calls_now", "offered"] == 1
    assert samples["securityline_logbook_seq",] == home.logbook.head.seq
    names = [line.split("{")[0].split(" ")[0] for line in text.splitlines() if line[:1] != "#"]
    assert len(set(names)) > 20
    # Without the values, which may have any digits.
    told = "\n".join(line.rpartition(" ")[0] for line in text.splitlines())
    for hidden in ("+32", "470", "Postes", "Banque", "postes-demo", "Nadia", "op-1", "inc-"):
        assert hidden not in told


async def test_no_metric_is_announced_twice(desk: Browser) -> None:
    text = await (await desk.get("/metrics")).text()
    announced = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert sorted(announced) == sorted(set(announced))
