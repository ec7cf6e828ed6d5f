"""Text to tree and tree to text: safe parsing, escaping, canonical forms.  Knows no table and no dialect."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

from lxml import etree

from xform.errors import DocumentError

# libvirt refuses documents of more than 10 MB; the same bound keeps memory and time in hand.
MAX_BYTES = 10 * 1024 * 1024
# lxml reads an element's attributes in a time that grows with the square of their number.
MAX_ATTRIBUTES = 1000

_local = threading.local()
Element = etree._Element


def _parser(encoding: str | None) -> etree.XMLParser:
    """One parser per thread and kind: lxml makes threads wait for each other on a shared one."""
    parsers: dict[str | None, etree.XMLParser] = _local.__dict__.setdefault("parsers", {})
    if encoding not in parsers:
        parsers[encoding] = etree.XMLParser(
            encoding=encoding,
            remove_blank_text=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            # Without it libxml2 skips its table of IDs, but reads an external DTD: any file, a pipe without an end too.
            collect_ids=True,
        )
    return parsers[encoding]


def parse_text(text: str | bytes, source: str = "document") -> Element:
    """The root element of a document; entities are not resolved, nothing is fetched, depth and size are bounded.

    Raises DocumentError with `source`, line and column.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{source}: the document is too large; expected at most {MAX_BYTES} bytes")
    if not data.strip():
        raise DocumentError(f"{source}:1:1: the document is empty; expected XML")
    try:
        root = etree.fromstring(data, _parser("utf-8" if isinstance(text, str) else None))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        # line and column stand in front already
        message = " ".join((error.msg or "not well-formed").split(", line ")[0].split())
        if "Excessive depth" in message:
            message = "elements are nested too deeply"
        elif (
            "Detected an entity" in message or "amplification" in message or "entity reference loop" in message.lower()
        ):
            message = "entities that grow without bound"
        raise DocumentError(f"{source}:{line}:{max(column, 1)}: {message}; expected well-formed XML") from None
    except LookupError as error:
        raise DocumentError(f"{source}:1:1: {error}; expected an encoding such as UTF-8") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(f"{source}:1:1: a DOCTYPE, and with it entities, is not accepted; remove it")
    # smaller documents do not hold enough of them to matter
    if len(data) > 100_000 and (crowded := root.xpath(f"//*[count(@*) > {MAX_ATTRIBUTES}]")):
        raise DocumentError(
            f"{source}:{crowded[0].sourceline}: <{shown(crowded[0])}> has {len(crowded[0].attrib)} attributes; "
            f"expected at most {MAX_ATTRIBUTES}"
        )
    return root


def own_text(element: Element) -> str:
    """The text of an element before its first child element, comments left out."""
    if len(element) == 0:
        return element.text or ""
    text = element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            break
        text += child.tail or ""
    return text


@lru_cache(4096)
def escape_attribute(text: str) -> str:
    """For attributes in single quotes; white space other than blanks would be normalised, so it is escaped too."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&apos;")
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def attribute_text(name: str, value: str) -> str:
    """An attribute as it stands in a start tag, with the blank before it."""
    return f" {name}='{escape_attribute(value)}'"


@lru_cache(4096)
def escape_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def canonical(element: Element) -> str:
    """Canonical XML of a subtree, without the namespaces it does not use."""
    tail, element.tail = element.tail, None
    try:
        return etree.tostring(element, method="c14n", exclusive=True, with_comments=True).decode("utf-8")
    finally:
        element.tail = tail


def canonical_text(text: str) -> str:
    """Canonical XML of a text that holds one element. Raises ValueError."""
    if type(text) is not str:
        raise ValueError(f"{text!r} is not one well-formed element")
    try:
        return canonical(parse_text(text))
    except DocumentError as error:
        raise ValueError(str(error).partition(":")[2].strip()) from None


def to_text(element: Element, indent: str = "", step: str = "  ", end: str = "\n") -> str:
    """Pretty text as libvirt writes it: a `step` a level, an `end` behind each line, single quotes, text as it is.

    A subtree kept whole (`canonical`) is a child with the tag of `VERBATIM` and its text.
    """
    if element.tag == VERBATIM:
        return f"{indent}{element.text}{end}"
    name, attributes = shown(element), ""
    for key, value in element.items():
        attributes += f" {attribute_name(element, key)}='{escape_attribute(value)}'"
    text = escape_text(element.text or "")
    inside = "".join(to_text(child, indent + step, step, end) for child in element)
    if inside:
        # white space behind a text would become part of it
        start = text + inside[len(indent + step) :] if text else end + inside
        return f"{indent}<{name}{attributes}>{start}{indent}</{name}>{end}"
    return f"{indent}<{name}{attributes}>{text}</{name}>{end}" if text else f"{indent}<{name}{attributes}/>{end}"


VERBATIM = "verbatim"


def declared(text: str, namespaces: dict[str, str]) -> str:
    """A document's text with these namespaces declared on its root element."""
    declarations = "".join(f" xmlns:{prefix}='{escape_attribute(uri)}'" for prefix, uri in namespaces.items())
    end = re.search(r"[\s/>]", text)
    return text[: end.start()] + declarations + text[end.start() :] if end and declarations else text


def prefixes(root: Element) -> set[str]:
    """The prefixes that the names in a tree have."""
    found: set[str] = set()
    for element in root.iter(etree.Element):
        names = [shown(element), *(attribute_name(element, key) for key, _ in element.items())]
        found.update(name.partition(":")[0] for name in names if ":" in name)
    return found


def shown(element: Element) -> str:
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def path_of(element: Element) -> str:
    """An element's place in its document, as people write it: ``/domain/devices/disk[2]``."""
    steps = []
    for node in (element, *element.iterancestors()):
        parent = node.getparent()
        name = shown(node) if isinstance(node.tag, str) else "comment()"
        family = [] if parent is None else list(parent.iterchildren(node.tag))  # type: ignore[arg-type]
        steps.append(name + (f"[{family.index(node) + 1}]" if len(family) > 1 else ""))
    return "/" + "/".join(reversed(steps))


def attribute_name(element: Element, key: str) -> str:
    """An attribute's name as people write it, with the document's own prefix."""
    if not key.startswith("{"):
        return key
    name = etree.QName(key)
    prefix = next((prefix for prefix, uri in element.nsmap.items() if uri == name.namespace and prefix), None)
    return f"{prefix}:{name.localname}" if prefix else name.localname
