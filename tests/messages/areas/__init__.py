"""All areas, in the order of the golden file."""

from tests.messages.areas import (
    audit,
    corpora,
    devices,
    documents,
    entities,
    host,
    images,
    monitor,
    options,
    ovirt,
    payloads,
    pipelines,
    python,
    tables,
)

AREAS = [
    options.AREA,
    entities.AREA,
    documents.AREA,
    pipelines.AREA,
    tables.AREA,
    corpora.AREA,
    monitor.AREA,
    audit.AREA,
    host.AREA,
    images.AREA,
    payloads.AREA,
    devices.AREA,
    ovirt.AREA,
    python.AREA,
]
