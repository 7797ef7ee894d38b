"""The shell around the real user agent and registrar, with an attacker beside a phone."""

import asyncio
import socket

from securityline.simulation.behaviour import Account
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint
from tests.securityline.exchange import DOMAIN, running_exchange

ATTACKER = "127.0.0.66"
REGISTER = (
    "REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{n}\r\n"
    "From: <sip:{user}@{domain}>;tag=1\r\nTo: <sip:{user}@{domain}>\r\n"
    "Call-ID: {n}\r\nCSeq: {n} REGISTER\r\nContact: <sip:{user}@{host}>\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def attacker():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((ATTACKER, 0))
    sock.setblocking(False)
    return sock


def answers(sock):
    found = []
    while True:
        try:
            found.append(sock.recv(65_535))
        except BlockingIOError:
            return found


def new_phone(exchange):
    return Softphone(
        exchange.addresses[0],
        listen=Endpoint("udp", "127.0.0.1", 0),
        account=Account("201", "secret", DOMAIN),
    )


async def test_a_flood_of_register_keeps_no_phone_out_and_leaves_nothing_behind():
    async with running_exchange() as exchange:
        with attacker() as flood:
            for n in range(3000):
                text = REGISTER.format(domain=DOMAIN, host=ATTACKER, user=f"u{n}", n=n)
                flood.sendto(text.encode(), exchange.addresses[0][1:])
                if n == 1500:
                    phone = new_phone(exchange)
                    await phone.start()
            async with asyncio.timeout(20):
                await phone.until_registered()
            # A burst and a few a second; the rest gets silence, not work.
            assert len(answers(flood)) < 300
            await phone.stop()
        assert exchange.ua.transactions <= 4
        assert exchange.registrar.export(0) == []


async def test_what_a_stranger_sends_gets_no_answer_and_no_larger_one():
    """No reflection: whatever a stranger writes into Via, Route or Contact."""
    async with running_exchange() as exchange:
        with attacker() as stranger, attacker() as victim:
            where = "{}:{}".format(*victim.getsockname())
            sent = []
            for method in (
                "INVITE",
                "OPTIONS",
                "MESSAGE",
                "SUBSCRIBE",
                "REFER",
                "BYE",
                "PUBLISH",
            ):
                for via in (f"{where};maddr={ATTACKER}", f"{where};received={where}", where):
                    sent.append(
                        f"{method} sip:201@{DOMAIN} SIP/2.0\r\n"
                        f"Via: SIP/2.0/UDP {via};branch=z9hG4bK{len(sent)}\r\n"
                        f"From: <sip:x@{where}>;tag=1\r\nTo: <sip:201@{DOMAIN}>\r\n"
                        f"Call-ID: {len(sent)}\r\nCSeq: 1 {method}\r\n"
                        f"Route: <sip:{where};lr>\r\nContact: <sip:x@{where}>\r\n"
                        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                    )
            for text in sent:
                stranger.sendto(text.encode(), exchange.addresses[0][1:])
            phone = new_phone(exchange)  # registered means: all before it was read
            await phone.start()
            async with asyncio.timeout(20):
                await phone.until_registered()
            await phone.stop()
            assert answers(victim) == []
            replies = answers(stranger)
            assert all(reply.startswith(b"SIP/2.0 401") for reply in replies)
            assert all(b" INVITE\r\n" in reply for reply in replies)
            assert all(len(reply) <= 3 * len(sent[0]) for reply in replies)


async def test_rubbish_gets_silence_and_does_no_harm():
    async with running_exchange() as exchange:
        with attacker() as stranger:
            for n in range(500):
                rubbish = bytes((n * i + n) & 0xFF for i in range(n % 90))
                stranger.sendto(rubbish, exchange.addresses[0][1:])
                stranger.sendto(b"INVITE " + rubbish, exchange.addresses[0][1:])
            phone = new_phone(exchange)
            await phone.start()
            async with asyncio.timeout(20):
                await phone.until_registered()
            await phone.stop()
            assert answers(stranger) == []
