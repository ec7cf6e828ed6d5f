"""Prepares a host for a VM, starts it, and undoes everything it did (docs/host.md).

A Domain XML is read through the tables of a dialect; what it needs becomes a list of effects, each with its undo; a
journal has every effect on disk before it happens.
"""
