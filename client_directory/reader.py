"""YAML in which every value is text, read with its line numbers and hard limits.

YAML's own guesses are wrong for a directory: `+3225550100` becomes an integer, `022550100`
an octal one, `no` becomes false, `18:30` becomes 1110, and of two equal keys the last wins
in silence. Here a scalar is the text that stands in the file, and a document that does
anything unusual (aliases, tags, a second document) is refused.

The tree is built from parser events and not with `yaml.compose`: composing recurses once a
level and follows aliases, so ten lines could ask for ten gigabytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from client_directory.finding import Finding

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 20
MAX_NODES: Final = 200_000

Plain = str | dict[str, "Plain"] | list["Plain"]
"What a file says, without line numbers. Every leaf is text."


@dataclass(slots=True)
class Node:
    """One value of a file and where it stands."""

    line: int
    "Of the value, or of its key, counted from 1."
    value: "str | dict[str, Node] | list[Node]" = field(repr=False)
    "Out of `repr`: a PIN stands in it until it is hashed."

    def plain(self) -> Plain:
        """Return the value without its lines."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def line_at(self, path: tuple[str | int, ...]) -> int:
        """Return the line of the nearest thing on `path` that exists.

        Elements that name nothing in the file are skipped, because a validator puts the
        names of alternatives in between.
        """
        node = self
        for element in path:
            if isinstance(node.value, dict) and isinstance(element, str):
                node = node.value.get(element, node)
            elif isinstance(node.value, list) and isinstance(element, int):
                node = node.value[element] if element < len(node.value) else node
        return node.line


class _Refused(Exception):
    def __init__(self, line: int, code: str, text: str) -> None:
        super().__init__(text)
        self.line, self.code, self.text = line, code, text


def read(data: bytes, file: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """Read one file. Without a tree there is always a finding.

    Duplicate keys are findings beside a tree that holds the first; so one run shows them
    all, together with what else is wrong.
    """
    findings: list[Finding] = []
    try:
        return _Builder(file, findings).build(_text(data)), tuple(findings)
    except _Refused as refused:
        findings.append(Finding(file, refused.line, refused.code, refused.text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        findings.append(Finding(file, line, "SYNTAX", error.problem or "not YAML"))
    except (yaml.YAMLError, ValueError):
        # Control characters and lone surrogates: the message would quote the text around.
        findings.append(Finding(file, 1, "SYNTAX", "a character that YAML does not allow"))
    return None, tuple(findings)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _Refused(1, "TOO_LARGE", f"more than {MAX_BYTES} octets")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Refused(line, "SYNTAX", "not UTF-8") from None


class _Builder:
    """Makes the tree from parser events, with a stack of its own instead of recursion."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        self._file = file
        self._findings = findings
        self._stack: list[tuple[Node, str | None, int]] = []
        "Open collections, each with the key that waits for its value and the key's line."
        self._root: Node | None = None
        self._count = 0

    def build(self, text: str) -> Node:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)
        for event in events:
            self._take(event)
        if self._root is None:
            raise _Refused(1, "SYNTAX", "the file is empty")
        return self._root

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(line, "ALIAS", "write the value again instead of an alias")
        if isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
            return
        if isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            raise _Refused(line, "SYNTAX", "a second document in one file")
        if not isinstance(event, yaml.NodeEvent):
            return
        self._count += 1
        if self._count > MAX_NODES:
            raise _Refused(line, "TOO_LARGE", f"more than {MAX_NODES} values")
        if event.anchor is not None:
            raise _Refused(line, "ALIAS", "an anchor (&name) has no meaning here")
        if getattr(event, "tag", None) is not None:
            raise _Refused(line, "TAG", "a tag (!name) has no meaning here")
        self._place(event, line)

    def _place(self, event: yaml.NodeEvent, line: int) -> None:
        if isinstance(event, yaml.ScalarEvent):
            if self._is_key_expected():
                self._take_key(event.value, line)
                return
            self._attach(Node(line, event.value))
            return
        if self._is_key_expected():
            raise _Refused(line, "SYNTAX", "a key must be one word")
        if len(self._stack) >= MAX_DEPTH:
            raise _Refused(line, "TOO_DEEP", f"more than {MAX_DEPTH} levels")
        node = Node(line, {} if isinstance(event, yaml.MappingStartEvent) else [])
        self._attach(node)
        self._stack.append((node, None, 0))

    def _is_key_expected(self) -> bool:
        if not self._stack:
            return False
        node, key, _ = self._stack[-1]
        return isinstance(node.value, dict) and key is None

    def _take_key(self, key: str, line: int) -> None:
        node, _, _ = self._stack[-1]
        self._stack[-1] = (node, key, line)

    def _attach(self, child: Node) -> None:
        if not self._stack:
            self._root = child
            return
        node, key, line = self._stack[-1]
        if isinstance(node.value, list):
            node.value.append(child)
        elif isinstance(node.value, dict) and key is not None:
            self._stack[-1] = (node, None, 0)
            child.line = line
            if key in node.value:
                first = node.value[key].line
                text = f"key {_shown(key)} stands here again; first in line {first}"
                self._findings.append(Finding(self._file, line, "DUPLICATE_KEY", text))
                return
            node.value[key] = child


def _shown(key: str) -> str:
    return repr(key if len(key) <= 40 else key[:40] + "…")
