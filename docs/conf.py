"""How `make docs` builds the documentation: these pages, and the reference, which the tables make on the way."""

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

import xform
from xform.reference import pages

project = "xform"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3  # the anchors that a forge gives to headings

html_theme = "furo"
html_title = "xform"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {  # imported for type checkers alone, so no module has them
    "ChangeSet": "~xform.match.changes.ChangeSet",
    "Document": "~xform.document.Document",
    "Matching": "~xform.match.Matching",
}
# Named in signatures without a link: what other packages have, what is ours alone, what only type checkers import.
nitpick_ignore_regex = [
    ("py:class", r"(collections|contextlib|datetime|hypothesis|lxml|pathlib|random)\..*|Path"),
    ("py:class", r"xform\.(check|compile|mock|schema|table)\..*|host_prep\.(plan|request)\..*"),
    ("py:class", r"xform\.(match\.outcome\.Content|pipeline\.[ST])"),
    ("py:class", r"xform\.monitor\.(lease\.Leases|records\.Known|source\.Source)"),
    ("py:class", r"(Domain|Ovirt)Dialect|Explained|Hypervisor|Leases|Node|OnChange|Problem|Rounded|Source"),
]


def outside(app: Sphinx, name: str, source: list[str]) -> None:
    """Pages elsewhere in the tree, such as the readme, are no part of these; a link to one leads to its file."""
    folder = Path(app.srcdir, name).parent

    def link(found: re.Match[str]) -> str:
        page = Path(os.path.normpath(folder / found[1]))
        return found[0] if page.is_relative_to(app.srcdir) else f"](path:{found[1]})"

    source[0] = re.sub(r"\]\((\.\./[^)#]*\.md)(#[^)]*)?\)", link, source[0])


def write_reference(app: Sphinx) -> None:
    """The pages of both dialects, below docs/reference; one that is as it was is not read again."""
    folder = Path(app.srcdir, "reference")
    made = {folder / page: text for page, text in pages(xform.load("ovirt")).items()}
    for old in set(folder.rglob("*.md")) - made.keys():
        old.unlink()
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_reference)
    app.connect("source-read", outside)
