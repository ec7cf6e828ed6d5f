"""Update: edit a document where its entity changed.

`rows` walks the old and the new entity and edits the tree, `edits` notes what is done, `splices` puts it into the text.
"""

from xform.update.edits import Edits
from xform.update.rows import Updater
from xform.update.splices import Splices

__all__ = ["Edits", "Splices", "Updater"]
