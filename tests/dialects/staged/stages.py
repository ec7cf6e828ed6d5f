"""Stages of this dialect's own."""

from attrs import evolve

from xform.pipeline import stage


def label(xml, run):
    """The document with a title; takes what the stage before it gives."""
    return xml.replace("</name>", f"</name>\n  <title>{run.entity.name} of {run.id}</title>", 1)


@stage("entity")
def rename(vm, run):
    """The VM under the name that the site gives its VMs."""
    return evolve(vm, name=f"site-{vm.name}")


def refuse(xml, run):
    raise RuntimeError(f"no {run.domain}")


@stage("matching", gives="data")
def count(matching, run):
    """How many devices were found again."""
    return {"paired": len(matching.pairs)}


def forget(xml, run):
    """Does not give back what it was given."""


@stage("entity")
def lie(vm, run):
    return {}
