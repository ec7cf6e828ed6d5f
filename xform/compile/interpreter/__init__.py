"""The oracle: what a table means, row by row, with no regard for speed.

Reading looks up each row's path by itself and notes every node it took; what nobody took is the residue.  Writing
builds a tree.  The compiled forms must agree with this to the last byte.
"""

from xform.compile.interpreter.generate import Writer, keyless
from xform.compile.interpreter.parse import Reader
from xform.compile.interpreter.reading import TEXT, WHOLE, Claim, Left, Reading, find, matches, node_text

__all__ = ["TEXT", "WHOLE", "Claim", "Left", "Reader", "Reading", "Writer", "find", "keyless", "matches", "node_text"]
