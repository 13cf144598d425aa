"""The text of a scenario file: YAML as people mean it.

Only ``true`` and ``false`` are booleans (a rule's key ``on`` is a text), dates stay texts, ``12:30`` is no number,
decimals stay exact, and a key that is there twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from loyalty.errors import Flaw, Invalid

SIZE_LIMIT: Final = 2_000_000


class FormatInvalid(Invalid):
    """A scenario file is not well formed; ``flaws`` says where and what was expected."""

    code = "scenario_invalid"

    def __init__(self, path: str, flaws: tuple[Flaw, ...]) -> None:
        first = f"{flaws[0].pointer or '/'}: {flaws[0].detail}" if flaws else "it cannot be read"
        more = f" (and {len(flaws) - 1} more)" if len(flaws) > 1 else ""
        super().__init__(f"{path}: {first}{more}", flaws=flaws)
        self.path = path
        self.lines: Mapping[str, int] = {}

    def line_of(self, pointer: str) -> int | None:
        """Return the line of the file that a pointer leads to, or the nearest thing around it; ``None``: not known."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)


class _Loader(yaml.SafeLoader):
    """YAML with the fewest surprises."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return an object; a key that is there twice is an error."""
        self.flatten_mapping(node)
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name} is there twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$", re.IGNORECASE), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^(?:<<)$"), ["<"])
_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def load(path: Path) -> list[Any]:
    """Return the documents of a file; raise ``FormatInvalid``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatInvalid(str(path), (Flaw("", f"cannot be read: {error}"),)) from None
    return load_text(text, path=str(path))


def load_text(text: str, *, path: str) -> list[Any]:
    """Return the documents of a text; raise ``FormatInvalid``."""
    if len(text) > SIZE_LIMIT:
        raise FormatInvalid(path, (Flaw("", f"expected at most {SIZE_LIMIT} characters"),))
    try:
        documents = [each for each in yaml.load_all(text, _Loader) if each is not None]
    except (yaml.YAMLError, RecursionError) as error:
        raise FormatInvalid(path, (Flaw("", f"expected YAML; {' '.join(str(error).split())}"),)) from None
    if not documents:
        raise FormatInvalid(path, (Flaw("", "expected a scenario: the file is empty"),))
    return documents


def lines_of(path: Path) -> list[Mapping[str, int]]:
    """Return, for each document of a file that can be read, the line of everything in it by its JSON pointer."""
    nodes = [node for node in yaml.compose_all(path.read_text("utf-8"), _Loader) if not _is_nothing(node)]
    return [dict(_places(node, "")) for node in nodes]


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _places(node: yaml.Node, pointer: str) -> Iterator[tuple[str, int]]:
    yield pointer, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value).replace("~", "~0").replace("/", "~1")
            yield from _places(value, f"{pointer}/{name}")
            yield f"{pointer}/{name}", key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _places(value, f"{pointer}/{place}")
