"""SCAIP's XML (SS 91100:2014): flat elements out of hostile octets, and back. Pure.

No document type, no entity, no processing instruction that could mean something; bounded in
size and depth. A namespace is accepted and ignored: the schema has one, most units do not.
"""

import zlib
from collections.abc import Iterable
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

LONGEST: Final = 8 * 1024
"Octets of a document; the standard sends 1,300 at most."
DEEPEST: Final = 4
MOST_ELEMENTS: Final = 200
_GZIP: Final = 16 + zlib.MAX_WBITS


class XmlError(ValueError):
    """The document cannot be read; the sender is wrong."""


class TooLong(XmlError):
    """The document is longer than we take."""


Element = tuple[str, str]
"Name without namespace, path by `/` below the root; text, stripped."


def unzipped(body: bytes, encoding: str) -> bytes:
    """Return a body whose `Content-Encoding` may be gzip.

    :raises XmlError: it is another encoding, or damaged.
    :raises TooLong: it would grow beyond `LONGEST`.
    """
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise XmlError("encoding unknown")
    reader = zlib.decompressobj(_GZIP)
    try:
        octets = reader.decompress(body, LONGEST + 1)
    except zlib.error:
        raise XmlError("damaged gzip") from None
    if len(octets) > LONGEST:
        raise TooLong
    if not reader.eof:
        raise XmlError("damaged gzip")
    return octets


def read(body: bytes) -> tuple[str, list[Element]]:
    """Return the root's name and the elements below it, in order.

    :raises XmlError: not well-formed, with a document type, or too deep.
    :raises TooLong: more than `LONGEST` octets.
    """
    if len(body) > LONGEST:
        raise TooLong
    return _Reading(body).result()


def write(root: str, elements: Iterable[Element]) -> bytes:
    """Return a document; elements without a text are left out."""
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements if text)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inside}</{root}>'.encode()


class _Reading:
    """The reading of one document."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._root = ""
        self._elements: list[Element] = []
        self._count = 0

    def result(self) -> tuple[str, list[Element]]:
        # Expat alone is enough: it opens nothing by itself, and each construct that could
        # grow or point elsewhere is refused when it begins.
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ProcessingInstructionHandler = _refuse
        try:
            parser.Parse(self._body, True)
        except expat.ExpatError as fault:
            raise XmlError(expat.ErrorString(fault.code)) from None
        except (ValueError, LookupError) as fault:
            if isinstance(fault, XmlError):
                raise
            raise XmlError("encoding unknown") from None
        return self._root, self._elements

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._path) >= DEEPEST or self._count > MOST_ELEMENTS:
            raise XmlError("too many elements")
        local = name.rpartition(":")[2].lower()
        if not self._path:
            self._root = local
        self._path.append(local)
        self._texts.append([])

    def _end(self, name: str) -> None:
        path = "/".join(self._path[1:])
        self._path.pop()
        text = "".join(self._texts.pop()).strip()
        if path:
            self._elements.append((path, text))

    def _text(self, data: str) -> None:
        self._texts[-1].append(data)


def _refuse(*_: object) -> None:
    raise XmlError("a document type, entity or instruction has no place here")
