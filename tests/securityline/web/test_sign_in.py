import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, DummyCookieJar

from client_directory.directory import Directory
from securityline import totp
from securityline.accounts import Accounts
from securityline.web.app import create_app
from securityline.web.sessions import COOKIE
from securityline.web.sign_in import FORM_COOKIE
from tests.securityline.web.rig import PASSWORD, Browser, House, browser, field_of

HTML = {"Accept": "text/html"}


async def test_a_stranger_is_sent_to_the_sign_in_page(desk: Browser) -> None:
    for path in ("/", "/incidents", "/incidents/inc-1"):
        answer = await desk.get(path, headers=HTML, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    for path in ("/", "/recordings/x"):
        answer = await desk.get(path)
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"


async def test_behind_a_proxy_with_https_the_cookies_are_secure(home: House) -> None:
    for address, is_secure in (("https://desk.example", True), ("http://desk.example", False)):
        services = replace(home.services(), public_url=address)
        async with browser(create_app(services)) as desk:
            page = await desk.get("/sign-in")
            assert bool(page.cookies[FORM_COOKIE]["secure"]) is is_secure
            fields = {"operator": "op-1", "password": PASSWORD}
            sent = {**fields, "csrf": field_of(await page.text(), "csrf")}
            cookies = {FORM_COOKIE: page.cookies[FORM_COOKIE].value}
            answer = await desk.http.post(
                desk.url("/sign-in"), data=sent, cookies=cookies, allow_redirects=False
            )
            assert answer.status == 303
            assert bool(answer.cookies[COOKIE]["secure"]) is is_secure


async def test_signing_in_opens_the_desk_and_tells_the_rules(
    home: House, desk: Browser
) -> None:
    answer = await desk.sign_in("op-1")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["secure"], "over plain HTTP a Secure cookie would be lost"
    await home.settled()
    assert home.switchboard.operators["op-1"].name == "Nadia"  # type: ignore[index]
    assert home.switchboard.operators["op-1"].languages == {"fr": 3, "nl": 2, "en": 1}  # type: ignore[index]
    page = await desk.page("/")
    assert 'lang="fr"' in page
    assert "Appels en attente" in page
    assert (await desk.get("/sign-in", allow_redirects=False)).status == 303


async def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(desk: Browser) -> None:
    answers = [
        await desk.sign_in("op-1", "wrong"),
        await desk.sign_in("op-99"),
        await desk.sign_in("nobody", "x"),
    ]
    assert {answer.status for answer in answers} == {401}
    texts = {
        (await answer.text()).count("Name or password is not right.") for answer in answers
    }
    assert texts == {1}
    assert (await desk.get("/")).status == 401


async def test_guessing_is_slowed_down_and_costs_no_argon2(home: House, desk: Browser) -> None:
    statuses = [(await desk.sign_in("op-1", f"guess {n}")).status for n in range(9)]
    assert statuses == [401] * 6 + [429] * 3
    assert home.accounts.checks == 6
    slowed = await desk.sign_in("op-1")
    assert slowed.status == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 31
    assert home.clock.at is not None
    home.clock.at += 31
    assert (await desk.sign_in("op-1")).status == 303


async def test_one_address_cannot_try_many_names(home: House, desk: Browser) -> None:
    statuses = [(await desk.sign_in(f"name-{n}", "guess")).status for n in range(68)]
    assert statuses == [401] * 64 + [429] * 4
    assert home.clock.at is not None
    home.clock.at += 21
    statuses = [(await desk.sign_in(f"late-{n}", "guess")).status for n in range(2)]
    assert statuses == [401, 429]


async def test_a_whole_room_signs_in_at_the_change_of_shift(home: House) -> None:
    """Many browsers at once behind one address: nobody has tried a wrong password."""
    people = list(home.directory.current.operators) * 5
    assert len(people) > 12
    async with browser(create_app(home.services())) as desk:
        pages = [await desk.get("/sign-in") for _ in people]

        async def one(operator: str, page: Any) -> int:
            fields = {"operator": operator, "password": PASSWORD}
            sent = {**fields, "csrf": field_of(await page.text(), "csrf")}
            kept = {"Cookie": f"{FORM_COOKIE}={page.cookies[FORM_COOKIE].value}"}
            async with ClientSession(cookie_jar=DummyCookieJar(), headers=kept) as http:
                answer = await http.post(desk.url("/sign-in"), data=sent, allow_redirects=False)
                return int(answer.status)

        assert set(await asyncio.gather(*map(one, people, pages))) == {303}


async def test_behind_our_own_proxy_one_guesser_keeps_nobody_else_out(home: House) -> None:
    services = replace(home.services(), proxies=("127.0.0.1",))
    async with browser(create_app(services)) as desk:
        desk.http.headers.update({"X-Forwarded-For": "10.9.8.7, 192.0.2.66"})
        for n in range(64):
            assert (await desk.sign_in(f"name-{n}", "guess")).status == 401
        assert (await desk.sign_in("op-1")).status == 429
        desk.http.headers.update({"X-Forwarded-For": "10.1.1.1, 192.0.2.66"})
        assert (await desk.sign_in("op-1")).status == 429, "his own is not believed"
        desk.http.headers.update({"X-Forwarded-For": "192.0.2.7"})
        assert (await desk.sign_in("op-1")).status == 303


async def test_without_a_proxy_of_ours_nobody_chooses_his_address(desk: Browser) -> None:
    statuses = []
    for n in range(66):
        desk.http.headers.update({"X-Forwarded-For": f"192.0.2.{n}"})
        statuses.append((await desk.sign_in(f"name-{n}", "guess")).status)
    assert statuses[64:] == [429, 429]


async def test_a_form_without_its_token_changes_nothing(home: House, desk: Browser) -> None:
    form = {"operator": "op-1", "password": PASSWORD}
    answer = await desk.http.post(desk.url("/sign-in"), data=form)
    assert answer.status == 403
    await desk.sign_in("op-1")
    for path in ("/sign-out", "/language"):
        for data in ({}, {"csrf": "x" * 32}, {"csrf": ""}):
            answer = await desk.http.post(desk.url(path), data=data)
            assert answer.status == 403, path
    assert (await desk.get("/")).status == 200


async def test_the_token_of_a_sign_in_page_is_tied_to_its_browser(desk: Browser) -> None:
    page = await desk.page("/sign-in")
    form = {"csrf": field_of(page, "csrf"), "operator": "op-1", "password": PASSWORD}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as other:
        answer = await other.post(desk.url("/sign-in"), data=form)
        assert answer.status == 403


async def test_a_cookie_that_is_no_text_is_a_wrong_cookie(desk: Browser) -> None:
    odd = b"Host: x\r\nConnection: close\r\nCookie: securityline_form=\xff\xfe\r\n"
    form = b"csrf=x&operator=op-1&password=x"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    assert await send(desk, b"GET /sign-in HTTP/1.1\r\n" + odd + b"\r\n") == 200
    length = b"Content-Length: %d\r\n\r\n" % len(form)
    posted = await send(desk, b"POST /sign-in HTTP/1.1\r\n" + odd + kind + length + form)
    assert posted == 403


async def send(desk: Browser, request: bytes) -> int:
    """Send octets as they are; return the status of the answer."""
    reader, writer = await asyncio.open_connection(desk.server.host, desk.server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return int(answer.split(b" ")[1])


async def test_another_sites_page_may_not_post(desk: Browser) -> None:
    await desk.sign_in("op-1")
    token = field_of(await desk.page("/"), "csrf")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await desk.http.post(
            desk.url("/sign-out"), data={"csrf": token}, headers=headers
        )
        assert answer.status == 403, headers
    assert (await desk.get("/")).status == 200


async def test_signing_out_ends_the_session_and_the_shift(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    token = field_of(await desk.page("/"), "csrf")
    old = {c.key: c.value for c in desk.http.cookie_jar}[COOKIE]
    answer = await desk.http.post(
        desk.url("/sign-out"), data={"csrf": token}, allow_redirects=False
    )
    assert answer.headers["Location"] == "/sign-in"
    await home.settled()
    assert home.switchboard.operators["op-1"].state == "signed_out"  # type: ignore[index]
    replayed = await desk.get("/", headers={"Cookie": f"{COOKIE}={old}"})
    assert replayed.status == 401


async def test_a_session_survives_a_restart_of_the_web(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    await home.settled()
    cookie = {c.key: c.value for c in desk.http.cookie_jar}[COOKIE]
    async with browser(home.app()) as again:
        answer = await again.get("/", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status == 200


async def test_a_session_that_was_signed_out_does_not_come_back(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    cookie = {c.key: c.value for c in desk.http.cookie_jar}[COOKIE]
    token = field_of(await desk.page("/"), "csrf")
    await desk.http.post(desk.url("/sign-out"), data={"csrf": token})
    await home.settled()
    async with browser(home.app()) as again:
        answer = await again.get("/", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status == 401


async def test_the_language_can_be_chosen_and_stays(desk: Browser) -> None:
    await desk.sign_in("op-1")
    token = field_of(await desk.page("/"), "csrf")
    for language, words in (("de", "Wartende Anrufe"), ("en", "Waiting calls")):
        form = {"csrf": token, "language": language}
        await desk.http.post(desk.url("/language"), data=form)
        assert words in await desk.page("/")
    bad = await desk.http.post(desk.url("/language"), data={"csrf": token, "language": "xx"})
    assert bad.status == 400


async def test_a_language_is_the_operators_own_and_not_the_browsers(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    page = await desk.page("/")
    assert 'lang="fr"' in page  # his best one
    form = {"csrf": field_of(page, "csrf"), "language": "de"}
    await desk.http.post(desk.url("/language"), data=form)
    await desk.http.post(desk.url("/sign-out"), data={"csrf": form["csrf"]})
    assert 'lang="de"' in await desk.page("/sign-in")  # this browser's last choice
    await desk.sign_in("op-2")
    assert 'lang="nl"' in await desk.page("/"), "a colleague's German is nobody else's"
    await home.settled()
    async with browser(home.app()) as again:  # an engine started again, another browser
        await again.sign_in("op-1")
        assert 'lang="de"' in await again.page("/")


async def test_a_language_chosen_on_the_sign_in_page_is_a_choice(
    home: House, desk: Browser
) -> None:
    page = await desk.page("/sign-in?language=en")
    form = {"csrf": field_of(page, "csrf"), "language": field_of(page, "language")}
    form |= {"operator": "op-1", "password": "wrong"}
    again = await desk.http.post(desk.url("/sign-in"), data=form)
    page = await again.text()
    form |= {"csrf": field_of(page, "csrf"), "language": field_of(page, "language")}
    await desk.http.post(desk.url("/sign-in"), data={**form, "password": PASSWORD})
    assert 'lang="en"' in await desk.page("/")
    await home.settled()
    async with browser(home.app()) as other:
        await other.sign_in("op-1")
        assert 'lang="en"' in await other.page("/")
        other.http.cookie_jar.clear()
        page = await other.page("/sign-in")
        odd = {"csrf": field_of(page, "csrf"), "operator": "op-1", "password": PASSWORD}
        await other.http.post(other.url("/sign-in"), data={**odd, "language": "xx"})
        assert 'lang="en"' in await other.page("/"), "no language of ours is no choice"


async def test_the_colours_are_the_operators_own_and_stay(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    page = await desk.page("/")
    assert 'data-theme="dark"' in page  # who chose nothing sits in the dark
    form = {"csrf": field_of(page, "csrf"), "theme": "light"}
    await desk.http.post(desk.url("/theme"), data=form)
    assert 'data-theme="light"' in await desk.page("/incidents")
    bad = await desk.http.post(desk.url("/theme"), data={**form, "theme": "pink"})
    assert bad.status == 400
    await desk.http.post(desk.url("/sign-out"), data={"csrf": form["csrf"]})
    assert 'data-theme="light"' in await desk.page("/sign-in")  # this browser's last choice
    await home.settled()
    async with browser(home.app()) as again:  # an engine started again, another browser
        await again.sign_in("op-1")
        assert 'data-theme="light"' in await again.page("/")
        again.http.cookie_jar.clear()
        await again.sign_in("op-3")
        assert 'data-theme="dark"' in await again.page("/")


async def test_the_sign_in_page_speaks_the_browsers_language(desk: Browser) -> None:
    for wanted, words in (("nl-BE,nl;q=0.9", "Aanmelden"), ("pt", "Sign in"), ("", "Sign in")):
        answer = await desk.get("/sign-in", headers={"Accept-Language": wanted})
        assert words in await answer.text()
    assert "Se connecter" in await desk.page("/sign-in?language=fr")


async def test_pages_carry_the_protective_headers(desk: Browser) -> None:
    await desk.sign_in("op-1")
    paths: list[Any] = ["/", "/sign-in", "/incidents", "/healthz", "/static/desk.js", "/none"]
    for path in paths:
        answer = await desk.get(path, allow_redirects=False)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "aiohttp" not in answer.headers["Server"].lower()
        if not path.startswith("/static"):
            assert answer.headers["Cache-Control"] == "no-store"


async def test_no_template_has_inline_script_or_style(desk: Browser) -> None:
    await desk.sign_in("op-1")
    for path in ("/", "/incidents"):
        page = await desk.page(path)
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count("<script src=")


async def test_an_auditor_is_not_put_on_the_shift(home: House) -> None:
    directory = home.directory.current
    people = {**directory.operators}
    people["op-1"] = replace(people["op-1"], role="auditor")
    home.directory._current = Directory(
        directory.organisations.values(), people.values(), directory.services.values()
    )
    async with browser(home.app()) as desk:
        assert (await desk.sign_in("op-1")).status == 303
        await home.settled()
        assert "op-1" not in home.switchboard.operators
        assert (await desk.get("/")).status == 200


async def test_a_body_that_is_no_form_or_too_big_is_refused(desk: Browser) -> None:
    url = desk.url("/sign-in")
    assert (await desk.http.post(url, json={"operator": "op-1"})).status == 415
    big = await desk.http.post(url, data={"operator": "x" * 100_000})
    assert big.status == 413
    assert big.content_type == "application/problem+json"
    assert (await desk.http.put(url, data=b"x")).status == 405


async def test_who_loses_a_clearance_has_to_sign_in_again(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    await home.settled()
    directory = home.directory.current
    people = {**directory.operators}
    people["op-1"] = replace(people["op-1"], clearances=("standard",))
    home.directory._current = Directory(
        directory.organisations.values(), people.values(), directory.services.values()
    )
    await home.until(lambda: home.switchboard.operators["op-1"].state == "signed_out")  # type: ignore[index]
    assert (await desk.get("/")).status == 401


async def test_a_code_is_needed_of_whoever_has_an_authenticator_and_counts_once(
    home: House, tmp_path: Path
) -> None:
    accounts = Accounts(tmp_path / "accounts", "securityline.example")
    for number in (1, 2):
        accounts.add_operator(f"op-{number}", PASSWORD, f"20{number}")
    secret, step = accounts.enrol("op-1"), int(home.clock() // totp.STEP)
    code = totp.code_at(secret, step)
    services = replace(
        home.services(), accounts=accounts, authenticators=accounts.authenticators
    )
    wrong = "Name, password or code is not right."
    async with browser(create_app(services)) as desk:
        assert "one-time-code" in await desk.page("/sign-in")
        for password, typed in ((PASSWORD, ""), (PASSWORD, "000000"), ("wrong one", code)):
            answer = await desk.sign_in("op-1", password, typed)
            assert answer.status == 401
            assert wrong in await answer.text(), "nobody learns which was wrong"
        assert (await desk.sign_in("op-1", code=code)).status == 303
    async with browser(create_app(services)) as another:
        assert (await another.sign_in("op-1", code=code)).status == 401, "it was used already"
        assert (await another.sign_in("op-2")).status == 303, "he has no authenticator"
    accounts.close()


async def test_where_it_is_required_nobody_comes_in_without_one(
    home: House, tmp_path: Path
) -> None:
    accounts = Accounts(tmp_path / "accounts", "securityline.example")
    accounts.add_operator("op-1", PASSWORD, "201")
    services = replace(
        home.services(),
        accounts=accounts,
        authenticators=accounts.authenticators,
        totp="required",
    )
    async with browser(create_app(services)) as desk:
        answer = await desk.sign_in("op-1")
        assert answer.status == 401
        assert "no authenticator yet" in await answer.text()
        secret = accounts.enrol("op-1")
        code = totp.code_at(secret, int(home.clock() // totp.STEP))
        assert (await desk.sign_in("op-1", code=code)).status == 303
    async with browser(create_app(replace(services, totp="off"))) as desk:
        assert "one-time-code" not in await desk.page("/sign-in")
        assert (await desk.sign_in("op-1")).status == 303
    accounts.close()


async def test_the_real_accounts_fit(home: House, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts", "securityline.example")
    accounts.add_operator("op-1", PASSWORD, "201")
    token = accounts.create_token(["calls:read"], "wallboard")
    services = replace(home.services(), accounts=accounts)
    async with browser(create_app(services)) as desk:
        assert (await desk.sign_in("op-1", "not this one")).status == 401
        assert (await desk.sign_in("op-1")).status == 303
        for path, status in (("calls", 200), ("incidents", 403)):
            answer = await desk.get(
                f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status == status
    accounts.close()
