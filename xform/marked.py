"""YAML and JSON as plain data, with the line and column of every value.

The scalars are those of YAML 1.2's core schema, which JSON shares; anchors and aliases are accepted, tags are not.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from attrs import field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from xform.errors import EntityError
from xform.inputs import line_and_column

MAX_BYTES = 4 * 1024 * 1024
# Of what a file holds, keys among it; and of what aliases make of it, which may be far more.
MAX_VALUES = 200_000

Place = tuple[str | int, ...]
Spot = tuple[int, int]

_TAG = "tag:yaml.org,2002:"
_PLAIN = [_TAG + word for word in ("null", "bool", "int", "float", "timestamp", "merge", "value")]
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_INT = re.compile("[-+]?[0-9]+", re.ASCII)
_BASED = re.compile("0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

# What JSON may hold as it is and YAML only escaped, or would take for the end of a line.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@frozen
class Marked:
    """Plain data and the line and column of its values, and of the keys in front of them."""

    value: Any
    source: str
    values: dict[Place, Spot] = field(factory=dict)
    keys: dict[Place, Spot] = field(factory=dict)

    def at(self, path: Place, key: bool = False) -> Spot:
        """Where a value stands, or its key; of what is not there, where it would be."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def place(self, path: Place, key: bool = False) -> str:
        """The same with the file, as messages begin."""
        line, column = self.at(path, key)
        return f"{self.source}:{line}:{column}"


def load_marked(data: bytes, source: str) -> Marked:
    """Raises EntityError with `source`, line and column."""
    if len(data) > MAX_BYTES:
        raise EntityError(f"{source}: the file is too large; expected at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = line_and_column(data, error.start)
        raise EntityError(f"{source}:{place}: not UTF-8; expected YAML or JSON as UTF-8 text") from None
    if _NOT_YAML.search(text) and _is_json(text):
        text = _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    try:
        yaml: Any = YAML(typ="safe", pure=True)
        yaml.Composer = _Composer
        node = yaml.compose(text)
        marked = Marked(None, source)
        return Marked(_Plain(marked).value(node, ()), source, marked.values, marked.keys)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        letter = text[error.position : error.position + 1]
        raise EntityError(
            f"{source}:{line}:{column}: the character {letter!r} cannot stand in YAML or JSON; remove it"
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        problem = (error.problem or error.context or "not readable").partition("\n")[0]
        if problem.startswith("but "):
            problem = f"{error.context}, {problem}"
        raise EntityError(f"{source}:{place}: {_as_ours(problem)}") from None
    except (YAMLError, ValueError) as error:
        raise EntityError(f"{source}:1:1: {str(error).partition(chr(10))[0]}; expected YAML or JSON") from None
    except RecursionError:
        raise EntityError(f"{source}:1:1: values are nested too deeply; expected fields with their values") from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _as_ours(problem: str) -> str:
    """What ruamel.yaml says, in the form of all other messages and without words of the file, which may be secret."""
    for theirs, ours in _SAID:
        if problem.startswith(theirs):
            return ours
    for theirs, ours in _WORDING:
        problem = problem.replace(theirs, ours)
    if said := re.fullmatch("expected (.*), but found (.*)", problem):
        return f"{said[2]} stands here; expected {said[1]}"
    return f"{problem}; expected YAML or JSON"


_NO_TAG = "a tag is not accepted; quote a text that begins with !"
_SAID = (
    ("found undefined alias", "an undefined alias; quote a text that begins with *"),
    ("found undefined tag handle", _NO_TAG),
    ("found unknown escape character", "an unknown escape; write \\ as \\\\ in double quotes"),
)
_WORDING = (
    ("the node content", "a value"),
    ("a single document in the stream", "one document"),
    ("'<stream end>'", "the end of the file"),
    ("'<document start>'", "another document"),
    ("'<block end>'", "the end of a block"),
)


class _Composer(Composer):
    """Stops where a file holds too much, before it has taken minutes and gigabytes.

    That an anchor stands twice is fine, and no reason to print lines of the file.
    """

    count = 0

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            mark = self.parser.peek_event().start_mark
            raise MarkedYAMLError(problem=f"more than {MAX_VALUES} values", problem_mark=mark)
        return super().compose_node(parent, index)


class _Plain:
    """Nodes to plain data; notes the place of each."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self.count = 0

    def value(self, node: Any, path: Place) -> Any:
        if node is None:
            raise EntityError(f"{self.marked.source}:1:1: the file is empty; expected fields with their values")
        spot = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.marked.values[path] = spot
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.fault(node, f"aliases make more than {MAX_VALUES} values of this file")
        if isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, MappingNode) and node.tag == _TAG + "map":
            return self.mapping(node, path)
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        raise self.fault(node, _NO_TAG)

    def mapping(self, node: Any, path: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            name = self.scalar(key) if isinstance(key, ScalarNode) else key
            if not isinstance(name, str):
                said = (
                    f"the key {key.value!r} is not text; quote it"
                    if key is not name
                    else "a key is not text; expected a name"
                )
                raise self.fault(key, said)
            if name in found:
                raise self.fault(key, f"the key {name!r} stands twice; expected it once")
            self.marked.keys[(*path, name)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            found[name] = self.value(item, (*path, name))
            if isinstance(item, ScalarNode) and not item.value and not item.style:
                # YAML has nothing stand at what comes next, perhaps lines below
                self.marked.values[(*path, name)] = self.marked.keys[(*path, name)]
        return found

    def scalar(self, node: Any) -> Any:
        text: str = node.value
        if node.tag == _TAG + "str":
            # JSON writes what lies beyond 16 bits as two halves
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if node.tag == _TAG + "binary":
            try:
                return base64.b64decode("".join(text.split()), validate=True)
            except binascii.Error:
                raise self.fault(node, "the text behind !!binary is not base64") from None
        if node.tag not in _PLAIN:
            raise self.fault(node, _NO_TAG)
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return self.number(node, 10)
        if _BASED.fullmatch(text):
            return self.number(node, 0)
        return float(text) if _FLOAT.fullmatch(text) else text

    def number(self, node: Any, base: int) -> int:
        if len(node.value) > 100:
            raise self.fault(node, f"a number of {len(node.value)} digits; no field holds one")
        return int(node.value, base)

    def fault(self, node: Any, message: str) -> EntityError:
        return EntityError(f"{self.marked.source}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: {message}")
