"""From the shape a person wrote to the values the engine uses.

Numbers become E.164, local times become UTC, PINs become hashes. What cannot be turned is a
finding, and the file it stands in is not put in force.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from client_directory import alarm_builder, model, numbers, schedule
from client_directory import schema as shapes
from client_directory.plan_builder import (
    build_alerts,
    build_call_tree,
    build_procedure,
    text_of,
)
from client_directory.secret import hash_secret, is_secret, mark, seal
from client_directory.self_service_check import check_installer_pins
from client_directory.source import Path, Source


def build_organisation(shape: shapes.OrganisationFile, source: Source) -> model.Organisation:
    """Build one client; with findings in `source`, the result must not be used."""
    return _OrganisationBuilder(shape, source).build()


def build_operators(shape: shapes.OperatorsFile, source: Source) -> tuple[model.Operator, ...]:
    """Build the operators."""
    built = []
    for index, operator in enumerate(shape.operators):
        path: Path = ("operators", index)
        source.claim("operator", operator.operator, (*path, "operator"))
        source.claim("extension", operator.extension, (*path, "extension"))
        built.append(
            model.Operator(
                operator=operator.operator,
                name=operator.name,
                extension=operator.extension,
                languages=dict(operator.languages),
                clearances=tuple(operator.clearances),
                role=operator.role,
            )
        )
    return tuple(built)


def build_services(shape: shapes.ServicesFile, source: Source) -> tuple[model.Service, ...]:
    """Build the protected table of emergency services.

    `public` is kept as it is dialled (`101`); `direct` lines are claimed, so that no flow
    can have one as a person's number.
    """
    built = []
    for index, service in enumerate(shape.services):
        path: Path = ("services", index)
        source.claim("service", f"{service.kind} {service.service}", (*path, "service"))
        direct = None
        if service.direct is not None:
            # Written internationally: the table belongs to no country.
            direct = numbers.normalise(service.direct, "ZZ")
            if direct is None:
                text = f"direct: {service.direct!r} is no number with its country code"
                source.find((*path, "direct"), "BAD_NUMBER", text)
            else:
                source.claim("direct_line", direct, (*path, "direct"))
        if not numbers.number_part(service.public):
            text = f"public: {service.public!r} is no number"
            source.find((*path, "public"), "BAD_NUMBER", text)
        built.append(
            model.Service(
                service=service.service,
                kind=service.kind,
                name=service.name,
                public=service.public,
                direct=direct,
            )
        )
    return tuple(built)


def _address(shape: shapes.AddressShape | None) -> model.Address | None:
    if shape is None:
        return None
    return model.Address(street=shape.street, postal_code=shape.postal_code, town=shape.town)


def _links(links: list[shapes.LinkShape]) -> tuple[model.Link, ...]:
    return tuple(model.Link(label=text_of(one.label), url=one.url) for one in links)


def _sealed(secret: SecretStr | None) -> str | None:
    return seal(secret.get_secret_value()) if secret is not None else None


def _marked(*held: SecretStr | None) -> tuple[str, ...]:
    return tuple(mark(one.get_secret_value()) for one in held if one is not None)


def _hashed(secret: SecretStr | None) -> str | None:
    return hash_secret(secret.get_secret_value()) if secret is not None else None


class _OrganisationBuilder:
    def __init__(self, shape: shapes.OrganisationFile, source: Source) -> None:
        self._shape = shape
        self._source = source
        self._country = shape.country

    def build(self) -> model.Organisation:
        shape, source = self._shape, self._source
        source.owner = shape.organisation
        source.claim("organisation", shape.organisation, ("organisation",))
        if not numbers.is_country(shape.country):
            source.find(("country",), "BAD_VALUE", f"country: no such country: {shape.country}")
        self._check_zone(shape.time_zone, ("time_zone",))
        alarm_builder.check_alarms(shape, source)
        check_installer_pins(shape.people, source)
        return model.Organisation(
            organisation=shape.organisation,
            name=shape.name,
            country=shape.country,
            time_zone=shape.time_zone,
            languages=tuple(shape.languages),
            clearance=shape.clearance,
            park_time=shape.park_time,
            listening=shape.listening,
            dids=tuple(self._did(i, did) for i, did in enumerate(shape.dids)),
            sites=tuple(self._site(i, site) for i, site in enumerate(shape.sites)),
            people=tuple(self._person(i, who) for i, who in enumerate(shape.people)),
            rotas=tuple(self._rota(i, rota) for i, rota in enumerate(shape.rotas)),
            call_trees=tuple(build_call_tree(tree) for tree in shape.call_trees),
            procedures=tuple(build_procedure(procedure) for procedure in shape.procedures),
            temporary_consignes=tuple(
                self._consigne(i, note) for i, note in enumerate(shape.temporary_consignes)
            ),
            alarm=alarm_builder.build_rules(shape.alarm),
            lone_workers=alarm_builder.build_checks(shape.lone_workers),
            welfare_checks=alarm_builder.build_checks(shape.welfare_checks),
            tasks=alarm_builder.build_tasks(shape.tasks),
            actions=alarm_builder.build_actions(shape.actions),
            alerts=build_alerts(shape.alerts),
            links=_links(shape.links),
        )

    def _did(self, index: int, did: shapes.DidShape) -> model.Did:
        path: Path = ("dids", index)
        number = self._number(did.number, (*path, "number"))
        self._source.claim("did", number, (*path, "number"))
        fallback = None
        if did.fallback_number is not None:
            fallback = self._number(did.fallback_number, (*path, "fallback_number"))
            self._source.claim("fallback", fallback, (*path, "fallback_number"))
            self._source.claim("dialled", fallback, (*path, "fallback_number"))
        elif did.service in ("security_line", "alarm_receiver", "lone_worker"):
            text = f"{number} has no fallback_number to ring when no operator answers"
            self._source.find(path, "NO_FALLBACK", text, is_warning=True)
        return model.Did(
            number=number,
            service=did.service,
            label=text_of(did.label),
            answer=did.answer,
            recording=did.recording,
            while_ringing=did.while_ringing,
            fallback_number=fallback,
            languages=tuple(did.languages or ()),
        )

    def _site(self, index: int, site: shapes.SiteShape) -> model.Site:
        path: Path = ("sites", index)
        self._check_schedule(site.opening, (*path, "opening"))
        for position, account in enumerate(site.alarm_accounts):
            self._source.claim("alarm_account", account, (*path, "alarm_accounts", position))
        for kind, service in site.services.items():
            where = (*path, "services", kind)
            self._source.claim("service_wanted", f"{kind} {service}", where)
        return model.Site(
            site=site.site,
            name=site.name,
            code=site.code,
            address=_address(site.address),
            location=(site.location.lat, site.location.lon) if site.location else None,
            phones=self._phones(site.phones, (*path, "phones")),
            opening=site.opening,
            alarm_accounts=tuple(site.alarm_accounts),
            alarm_registration=site.alarm_registration,
            services=dict(site.services),
            zones=alarm_builder.build_zones(site),
            alarm_paths=alarm_builder.build_paths(site),
            cameras=alarm_builder.build_cameras(site),
            schedule_watch=alarm_builder.build_watch(site),
            links=_links(site.links),
        )

    def _person(self, index: int, person: shapes.PersonShape) -> model.Person:
        path: Path = ("people", index)
        self._check_schedule(person.available, (*path, "available"))
        self._check_secrets(person, path)
        since, until = person.valid.since, person.valid.until
        if since and until and until < since:
            self._source.find((*path, "valid"), "BAD_TIME", "valid: ends before it begins")
        written = [phone.number for phone in person.phones]
        called = self._phones(written, (*path, "phones"))
        return model.Person(
            person=person.person,
            name=person.name,
            languages=tuple(person.languages or self._shape.languages),
            phones=tuple(
                model.Phone(number=number, kind=phone.kind)
                for number, phone in zip(called, person.phones, strict=True)
            ),
            roles=tuple(person.roles),
            sites=tuple(person.sites),
            available=person.available,
            pin_hash=_hashed(person.pin),
            duress_pin_hash=_hashed(person.duress_pin),
            code_word_hash=_hashed(person.code_word),
            duress_code_word_hash=_hashed(person.duress_code_word),
            code_word_sealed=_sealed(person.code_word),
            secret_marks=_marked(
                person.pin, person.duress_pin, person.code_word, person.duress_code_word
            ),
            valid_from=since,
            valid_until=until,
            panel_users=alarm_builder.build_users(person),
        )

    def _rota(self, index: int, rota: shapes.RotaShape) -> model.Rota:
        self._check_zone(rota.time_zone, ("rotas", index, "time_zone"))
        return model.Rota(
            rota=rota.rota,
            time_zone=rota.time_zone,
            handover=rota.handover,
            members=tuple(rota.members),
            first_week=rota.first_week,
        )

    def _consigne(
        self, index: int, note: shapes.TemporaryConsigneShape
    ) -> model.TemporaryConsigne:
        if note.until <= note.since:
            path: Path = ("temporary_consignes", index, "until")
            self._source.find(path, "BAD_TIME", "until: not after from")
        return model.TemporaryConsigne(
            title=text_of(note.title),
            sites=tuple(note.sites),
            valid_from=self._utc(note.since),
            valid_until=self._utc(note.until),
        )

    def _phones(self, written: Iterable[str], path: Path) -> tuple[str, ...]:
        called = []
        for position, text in enumerate(written):
            number = self._number(text, (*path, position))
            self._source.claim("dialled", number, (*path, position))
            called.append(number)
        return tuple(called)

    def _number(self, text: str, path: Path) -> str:
        """Return the number in E.164, or, after a finding, as it was written."""
        if numbers.is_emergency_number(text, self._country):
            complaint = f"{text!r} is an emergency number; those stand in services.yaml only"
            self._source.find(path, "EMERGENCY_NUMBER", complaint)
            return text
        number = numbers.normalise(text, self._country)
        if number is None:
            self._source.find(path, "BAD_NUMBER", f"{text!r} is no telephone number")
            return text
        if not numbers.is_dialable(number):
            complaint = f"{number} is in no numbering plan, or is a premium-rate number"
            self._source.find(path, "BAD_NUMBER", complaint)
        return number

    def _check_zone(self, name: str, path: Path) -> None:
        if not schedule.is_time_zone(name):
            self._source.find(path, "BAD_TIME", f"time_zone: no such zone: {name!r}")

    def _check_schedule(self, expression: str, path: Path) -> None:
        if not schedule.is_schedule(expression, self._country):
            text = f"{path[-1]}: not opening hours: {expression!r}"
            self._source.find(path, "BAD_SCHEDULE", text)

    def _check_secrets(self, person: shapes.PersonShape, path: Path) -> None:
        if person.duress_pin is not None and person.duress_pin == person.pin:
            text = "pin and duress_pin are the same: duress could never be told"
            self._source.find((*path, "duress_pin"), "SAME_PIN", text)
        if person.duress_pin is not None and person.pin is None:
            self._source.find((*path, "duress_pin"), "NO_PIN", "a duress_pin without a pin")
        if person.duress_code_word is None:
            return
        at = (*path, "duress_code_word")
        said = person.duress_code_word.get_secret_value()
        if person.code_word is None:
            self._source.find(at, "NO_PIN", "a duress_code_word without a code_word")
        elif is_secret(said, hash_secret(person.code_word.get_secret_value())):
            text = "code_word and duress_code_word sound the same: duress could never be told"
            self._source.find(at, "SAME_PIN", text)

    def _utc(self, local: datetime) -> datetime:
        """Read a wall-clock time of the organisation; of two equal ones, the first."""
        if not schedule.is_time_zone(self._shape.time_zone):
            return local.replace(tzinfo=UTC)
        return local.replace(tzinfo=ZoneInfo(self._shape.time_zone)).astimezone(UTC)
