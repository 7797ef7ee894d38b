"""Reads a directory from disk, file by file, and says everything that is wrong in it.

A sound file is parsed again only when its octets changed: a reload after one edit of two
hundred clients costs the reading, not the work, and leaves the running calls the processor.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from errno import EINVAL
from functools import partial
from pathlib import Path
from typing import Final

from client_directory import builder
from client_directory import schema as shapes
from client_directory.check import check_organisation, check_together
from client_directory.finding import UNREADABLE, Finding
from client_directory.model import Operator, Organisation, Service
from client_directory.reader import MAX_BYTES, read
from client_directory.source import Claim, Source

MAX_FILES: Final = 10_000
"Organisations a directory may have."


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What one file gave. With an error among its findings it gives nothing else."""

    digest: bytes
    findings: tuple[Finding, ...]
    claims: tuple[Claim, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    operators: tuple[Operator, ...] = ()
    services: tuple[Service, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether it has no errors; warnings are none."""
        return all(finding.is_warning for finding in self.findings)


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """All files of a directory, and what is wrong in and between them."""

    files: Mapping[str, LoadedFile] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


Examine = Callable[[Organisation, Source], None]
"A further look at a client whose file was read; it notes what it finds in the source."


def load_files(
    folder: Path, previous: LoadedFiles | None = None, *, examine: Examine | None = None
) -> LoadedFiles:
    """Read `organisations/*.yaml`, `operators.yaml` and `services.yaml` under `folder`.

    :param previous: files that have not changed and were sound are taken from there. One with
        errors is read anew: its fault may have been the machine's, such as its time zones.
    :param examine: looks at every client that is read, after all else; see `prover.py`.

    Never raises for what is in the files, or for their absence.
    """
    known = previous.files if previous else {}
    findings: list[Finding] = []
    files: dict[str, LoadedFile] = {}
    for path, parse in _files_of(folder, findings, examine):
        name = str(path)
        try:
            data = _octets(path)
        except OSError as error:
            text = error.strerror or type(error).__name__
            findings.append(Finding(name, 1, UNREADABLE, text))
            continue
        digest = hashlib.sha256(data).digest()
        before = known.get(name)
        is_known = before is not None and before.digest == digest and before.is_sound
        files[name] = before if before and is_known else parse(data, name, digest)
    for file in files.values():
        findings.extend(file.findings)
    findings.extend(check_together(_claims(files.values())))
    return LoadedFiles(files, tuple(sorted(findings)))


Parse = Callable[[bytes, str, bytes], LoadedFile]


def _files_of(
    folder: Path, findings: list[Finding], examine: Examine | None
) -> list[tuple[Path, Parse]]:
    organisations = folder / "organisations"
    try:
        names = sorted(organisations.iterdir())
    except OSError as error:
        text = f"no folder of organisations: {error.strerror}"
        findings.append(Finding(str(organisations), 1, UNREADABLE, text))
        return []
    wanted: list[tuple[Path, Parse]] = []
    for path in names:
        if path.suffix == ".yaml" and not path.name.startswith("."):
            wanted.append((path, partial(_parse_organisation, examine=examine)))
        elif path.suffix == ".yml":
            text = "name it .yaml, or it is not read"
            findings.append(Finding(str(path), 1, "WRONG_NAME", text))
    if not wanted:
        text = "no organisation: every call will be from an unknown number"
        findings.append(Finding(str(organisations), 1, "MISSING_FILE", text, is_warning=True))
    if len(wanted) > MAX_FILES:
        text = f"more than {MAX_FILES} organisations"
        findings.append(Finding(str(organisations), 1, "TOO_LARGE", text))
        del wanted[MAX_FILES:]
    tables: tuple[tuple[str, Parse], ...] = (
        ("operators.yaml", _parse_operators),
        ("services.yaml", _parse_services),
    )
    for name, parse in tables:
        if (folder / name).exists():
            wanted.append((folder / name, parse))
        else:
            text = "this file is missing"
            found = Finding(str(folder / name), 1, "MISSING_FILE", text, is_warning=True)
            findings.append(found)
    return wanted


def _octets(path: Path) -> bytes:
    if not path.is_file():
        # A pipe would keep the reader waiting for ever.
        raise OSError(EINVAL, "not a regular file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _claims(files: Iterable[LoadedFile]) -> Iterable[Claim]:
    for file in files:
        yield from file.claims


def _open(data: bytes, name: str, digest: bytes) -> Source | LoadedFile:
    root, findings = read(data, name)
    if root is None:
        return LoadedFile(digest, findings)
    return Source(name, root, findings=list(findings))


def _close(
    source: Source,
    digest: bytes,
    organisations: tuple[Organisation, ...] = (),
    operators: tuple[Operator, ...] = (),
    services: tuple[Service, ...] = (),
) -> LoadedFile:
    findings = tuple(source.findings)
    claims = tuple(source.claims)
    if any(not finding.is_warning for finding in findings):
        return LoadedFile(digest, findings, claims)
    return LoadedFile(digest, findings, claims, organisations, operators, services)


def _parse_organisation(
    data: bytes, name: str, digest: bytes, examine: Examine | None = None
) -> LoadedFile:
    source = _open(data, name, digest)
    if isinstance(source, LoadedFile):
        return source
    shape = source.fit(shapes.OrganisationFile)
    if shape is None:
        return _close(source, digest)
    organisation = builder.build_organisation(shape, source)
    check_organisation(organisation, source)
    if examine is not None:
        examine(organisation, source)
    return _close(source, digest, organisations=(organisation,))


def _parse_operators(data: bytes, name: str, digest: bytes) -> LoadedFile:
    source = _open(data, name, digest)
    if isinstance(source, LoadedFile):
        return source
    shape = source.fit(shapes.OperatorsFile)
    if shape is None:
        return _close(source, digest)
    return _close(source, digest, operators=builder.build_operators(shape, source))


def _parse_services(data: bytes, name: str, digest: bytes) -> LoadedFile:
    source = _open(data, name, digest)
    if isinstance(source, LoadedFile):
        return source
    shape = source.fit(shapes.ServicesFile)
    if shape is None:
        return _close(source, digest)
    return _close(source, digest, services=builder.build_services(shape, source))
