"""Alter or delete any row of a dialect, and a golden file of what its rows do is another, or a law does not hold.

`alone` takes the tables apart; `fields`, `items`, `beside` and `ladders` say what rows do, `told` all of it, of a
`witness`; `alter` alters them, `laws` tries the laws, `gate` all of it.
"""
