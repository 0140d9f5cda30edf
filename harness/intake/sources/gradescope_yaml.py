"""Reads Gradescope's `submission_metadata.yml`, of which nothing is believed beforehand.

The file is read event by event. Only plain text, lists and mappings are made of it, and only of the few fields that are
asked for: tags make no objects, and an alias stands for plain text or for nothing, so that no file can grow in memory.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from harness.errors import GraderFault, UsageError
from harness.input_files import read_input
from harness.text import one_line

LARGEST_BYTES = 200 << 20  # outputs of an autograder's tests may be in it
_DEEPEST = 4  # entry, its fields, the list of submitters, a submitter's fields
_MOST_BRACKETS = 500


def read_metadata(path: Path, fields: Collection[str]) -> list[tuple[str, dict[str, Any] | None]]:
    """The entries of the file, in its order; a key that stands there twice comes twice.

    Args:
        fields: Which fields of an entry are wanted, without the leading colon.

    Returns:
        Key, and its fields by name without the colon; None where they are no mapping.

    Raises:
        UsageError: If the file cannot be read, is too large or no YAML, or is no mapping.
    """
    data = read_input(path, LARGEST_BYTES, "export the submissions again")
    try:
        import yaml  # only whoever has such an export needs it
    except ImportError:
        raise GraderFault("PyYAML is not installed: run `make setup` again") from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _Reader(yaml, yaml.parse(data, Loader=loader), fields).entries()
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        why = one_line(str(getattr(error, "problem", None) or error), 100)
        raise UsageError(
            f"{place}: it is not YAML as Gradescope writes it ({why}): export it again"
        ) from None


class _Reader:
    """Builds values from the parser's events; deeper than `_DEEPEST` it only counts brackets."""

    def __init__(self, yaml: Any, events: Iterator[Any], fields: Collection[str]) -> None:
        self.yaml, self.events, self.fields = yaml, events, fields
        self.texts: dict[str, str] = {}  # by anchor

    def entries(self) -> list[tuple[str, dict[str, Any] | None]]:
        event = self._content()
        if event is None:
            raise ValueError("it is empty")
        if not isinstance(event, self.yaml.MappingStartEvent):
            raise ValueError("it is no mapping of folders")
        out: list[tuple[str, dict[str, Any] | None]] = []
        for key, value in self._pairs():
            entry = self._entry(value)
            out.append((key if isinstance(key, str) else "", entry))
        return out

    def _content(self) -> Any:
        for event in self.events:
            if isinstance(event, self.yaml.NodeEvent):
                return event
        return None

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """Keys as values, and the events that values begin with; each value must be read before the next pair."""
        while not isinstance(event := next(self.events), self.yaml.MappingEndEvent):
            yield self._value(event, _DEEPEST), next(self.events)

    def _entry(self, event: Any) -> dict[str, Any] | None:
        if not isinstance(event, self.yaml.MappingStartEvent):
            self._value(event, _DEEPEST)
            return None
        fields: dict[str, Any] = {}
        for key, value in self._pairs():
            name = key.removeprefix(":") if isinstance(key, str) else ""
            read = self._value(value, 2 if name in self.fields else _DEEPEST)
            if name in self.fields:
                fields.setdefault(name, read)
        return fields

    def _value(self, event: Any, depth: int) -> Any:
        """Text, a list or a mapping; None for what lies too deep, and for an alias of anything but text."""
        yaml = self.yaml
        if isinstance(event, yaml.AliasEvent):
            return self.texts.get(event.anchor)
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor:
                self.texts[event.anchor] = event.value
            return event.value
        self.texts.pop(event.anchor, None)  # an anchor may be given anew
        if depth >= _DEEPEST:
            self._pass_over()
            return None
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                items.append(self._value(event, depth + 1))
            return items
        mapping: dict[str, Any] = {}
        for key, value in self._pairs():
            read = self._value(value, depth + 1)
            if isinstance(key, str):
                mapping.setdefault(key.removeprefix(":"), read)
        return mapping

    def _pass_over(self) -> None:
        """Everything up to the end of a list or mapping that has just begun; text in it may be aliased later."""
        depth = 1
        while depth:
            event = next(self.events)
            if isinstance(event, self.yaml.CollectionStartEvent):
                depth += 1
                self.texts.pop(event.anchor, None)
                if depth > _MOST_BRACKETS:  # the parser's time grows with the square of this
                    raise ValueError("it is nested too deeply")
            elif isinstance(event, self.yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, self.yaml.ScalarEvent) and event.anchor:
                self.texts[event.anchor] = event.value
