"""Text to tree and tree to text: safe parsing, escaping, canonical forms.  Knows no table and no dialect."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

from lxml import etree

from xform.errors import DocumentError

# libvirt refuses documents of more than 10 MB; the same bound keeps memory and time in hand.
MAX_BYTES = 10 * 1024 * 1024
# Elements, texts, comments and instructions.  A domain of 1,000 devices has 20,000; of many more, a look at each
# takes minutes.
MAX_NODES = 100_000
# lxml reads an element's attributes in a time that grows with the square of their number.
MAX_ATTRIBUTES = 1000

# What is written and less than this is read again: bytes of MAX_NODES, and half of the depth that libxml2 goes.
_LONG = 5 * MAX_NODES
_DEPTH = 128
_DEEP = "\n" + "  " * _DEPTH

# A declaration of characters of two bytes or four, in characters of one.
_WIDE = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"']((?:utf-?(?:16|32)|ucs|iso-10646-ucs)[^\"'>]*)", re.IGNORECASE)

# libxml2 says some things in words of the document, which may be those of a secret: said without them.
_WORDING = [
    (re.compile("Entity '.*' not defined"), "an entity that is not defined; expected & as &amp;"),
    (re.compile("Specification mandates value for attribute"), "an attribute without a value"),
    (re.compile("CData section not finished"), "a CDATA section without its end"),
    (re.compile("Double hyphen within comment"), "two hyphens within a comment"),
    (re.compile("Comment not terminated"), "a comment without its end"),
    (re.compile("(Parse)?PI: |colons are forbidden from PI"), "not a processing instruction"),
    (re.compile("xml:id *: attribute value"), "an xml:id that is no name"),
    (re.compile("xmlns.* is not a(n absolute| valid) URI"), "a namespace that is no URI"),
    (re.compile(".*(Detected an entity|amplification|[Ee]ntity reference loop)"), "entities that grow without bound"),
    (re.compile(".*Excessive depth"), "elements are nested too deeply; expected fewer within each other"),
    (re.compile("Unsupported encoding"), "an encoding that is not supported; expected an encoding such as UTF-8"),
]

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
    if not isinstance(data, bytes):
        raise DocumentError(f"{source}: {type(data).__name__} is no document; expected its text, as str or bytes")
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{source}: the document is too large; expected at most {MAX_BYTES} bytes")
    if not data.strip():
        raise DocumentError(f"{source}:1:1: the document is empty; expected XML")
    try:
        root = etree.fromstring(data, _parser("utf-8" if isinstance(text, str) else None))
    except etree.XMLSyntaxError as error:
        if wide := _WIDE.match(data):
            said = f"the document says that it is in {wide[1].decode()}, and is not"
            raise DocumentError(f"{source}:1:1: {said}; expected the encoding that it is in") from None
        line, column = error.position
        # line and column stand in front already
        message = " ".join((error.msg or "not well-formed").split(", line ")[0].split())
        message = next((ours for theirs, ours in _WORDING if theirs.match(message)), message)
        if "; expected" not in message:
            message += "; expected well-formed XML"
        raise DocumentError(f"{source}:{line}:{max(column, 1)}: {message}") from None
    except LookupError as error:
        raise DocumentError(f"{source}:1:1: {error}; expected an encoding such as UTF-8") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(f"{source}:1:1: a DOCTYPE, and with it entities, is not accepted; remove it")
    if len(data) <= 100_000:  # it does not hold enough to matter
        return root
    if root.xpath(f"count(//node()) > {MAX_NODES}"):
        raise DocumentError(f"{source}: the document has too much in it; expected at most {MAX_NODES} nodes")
    if crowded := root.xpath(f"//*[count(@*) > {MAX_ATTRIBUTES}]"):
        raise DocumentError(
            f"{source}:{crowded[0].sourceline}: <{element_name(crowded[0])}> has {len(crowded[0].attrib)} attributes; "
            f"expected at most {MAX_ATTRIBUTES}"
        )
    return root


def parse_grown(text: str, kept: bool) -> None:
    """Read a text of ours, if it may be more than anybody reads: of many bytes, or of elements deep within each other.

    `kept` says that it holds XML which is not laid out as ours is.  Raises DocumentError.
    """
    if len(text) > _LONG or _DEEP in text or (kept and text.count("</") > _DEPTH):
        parse_text(text)


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
    except etree.C14NError:  # libxml2's takes no namespace with a relative URI, which documents may have all the same
        return etree.canonicalize(etree.tostring(element, encoding="unicode"), with_comments=True)
    finally:
        element.tail = tail


def canonical_text(text: str) -> str:
    """Canonical XML of a text that holds one element. Raises ValueError."""
    if type(text) is not str:
        raise ValueError("what is no text is not one well-formed element")
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
    name, attributes = element_name(element), ""
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


def document_text(root: Element, namespaces: dict[str, str]) -> str:
    """A tree as pretty text, with those of the namespaces, by prefix, declared that its names use."""
    used = prefixes(root)
    return declared(to_text(root), {prefix: uri for prefix, uri in namespaces.items() if prefix in used})


def prefixes(root: Element) -> set[str]:
    """The prefixes that the names in a tree have."""
    found: set[str] = set()
    for element in root.iter(etree.Element):
        names = [element_name(element), *(attribute_name(element, key) for key, _ in element.items())]
        found.update(name.partition(":")[0] for name in names if ":" in name)
    return found


def element_name(element: Element) -> str:
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def path_of(element: Element, attribute: str | None = None) -> str:
    """An element's place in its document, as people write it: ``/domain/devices/disk[2]``; or that of its attribute."""
    steps = [f"@{attribute_name(element, attribute)}"] if attribute else []
    for node in (element, *element.iterancestors()):
        parent = node.getparent()
        # as XPath has it
        name = element_name(node) if isinstance(node.tag, str) else f"{aside(node).replace(' ', '-')}()"
        family = [] if parent is None else list(parent.iterchildren(node.tag))  # type: ignore[arg-type]
        steps.append(name + (f"[{family.index(node) + 1}]" if len(family) > 1 else ""))
    return "/" + "/".join(reversed(steps))


def aside(node: Element) -> str:
    """What a node is that is no element."""
    return "comment" if isinstance(node, etree._Comment) else "processing instruction"


def general(path: str) -> str:
    """A path that many documents have: without the numbers of siblings."""
    return re.sub(r"\[\d+\]", "", path)


def line_of(element: Element) -> int:
    """The line on which an element's start tag ends; 0 where it was not read from a text."""
    return element.sourceline or 0


def attribute_name(element: Element, key: str) -> str:
    """An attribute's name as people write it, with the document's own prefix."""
    if not key.startswith("{"):
        return key
    name = etree.QName(key)
    prefix = next((prefix for prefix, uri in element.nsmap.items() if uri == name.namespace and prefix), None)
    return f"{prefix}:{name.localname}" if prefix else name.localname
