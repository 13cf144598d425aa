"""Single values in a scenario file: each shape reads one, says what is wrong with it, and describes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loyalty.errors import Flaw
from loyalty.rules.nearest import nearest
from loyalty.scenarios.values import Unreadable, day_of, decimal_of, moment_of

Path = tuple[str | int, ...]


JsonSchema = dict[str, Any]


@dataclass(slots=True)
class Problems:
    """What is wrong so far."""

    flaws: list[Flaw] = field(default_factory=list[Flaw])

    def add(self, path: Path, detail: str) -> None:
        """Note one thing that is wrong, with its JSON pointer."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        self.flaws.append(Flaw("".join(f"/{step}" for step in steps), detail))


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, made by a function that raises ``Unreadable``."""

    make: Callable[[Any], Any]
    json: JsonSchema

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the value, or note what is wrong."""
        try:
            return self.make(value)
        except Unreadable as error:
            problems.add(path, str(error))
            return None

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        return self.json


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | Mapping | list | tuple):
        raise Unreadable("expected a text")
    return str(value)


def _key(value: Any) -> str:
    text = _text(value).strip()
    if not text:
        raise Unreadable("expected a name")
    return text


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unreadable("expected true or false")
    return value


def _count(value: Any) -> int:
    number = decimal_of(value)
    if number != int(number) or number < 0:
        raise Unreadable("expected a whole number")
    return int(number)


def _anything(value: Any) -> Any:
    return value


def _amount(value: Any) -> Any:
    number = decimal_of(value)
    if number < 0:
        raise Unreadable("expected 0 or more")
    return number


TEXT: Final = Scalar(_text, {"type": ["string", "number"]})


KEY: Final = Scalar(_key, {"type": ["string", "number"]})


FLAG: Final = Scalar(_flag, {"type": "boolean"})


COUNT: Final = Scalar(_count, {"type": ["integer", "string"], "minimum": 0})


NUMBER: Final[Scalar] = Scalar(decimal_of, {"type": ["number", "string"], "pattern": r"^[+-]?\d+(\.\d+)?$"})


AMOUNT: Final[Scalar] = Scalar(_amount, {"type": ["number", "string"], "pattern": r"^\+?\d+(\.\d+)?$"})


MOMENT: Final = Scalar(moment_of, {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"})


DAY: Final = Scalar(day_of, {"type": "string", "format": "date"})


ANYTHING: Final = Scalar(_anything, {})


def choice(*known: str, **also: str) -> Scalar:
    """Return the shape of one of several words; ``also`` are other spellings."""

    def make(value: Any) -> str:
        text = str(value).strip().lower().replace("-", "_")
        found = also.get(text, text)
        if isinstance(value, bool) or found not in known:
            raise Unreadable(f"expected one of {', '.join(known)}{nearest(text, known)}")
        return found

    return Scalar(make, {"enum": [*known, *also]})
