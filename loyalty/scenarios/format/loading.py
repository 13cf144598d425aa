"""The text of a scenario file: YAML as people mean it.

Only ``true`` and ``false`` are booleans (a rule's key ``on`` is a text), dates stay texts, ``12:30`` is no number,
decimals stay exact, and a key that is there twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
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
