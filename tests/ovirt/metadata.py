"""Documents with metadata, as the tests of these share them."""

VM, TUNE = "http://ovirt.org/vm/1.0", "http://ovirt.org/vm/tune/1.0"
ID, OTHER = "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c55"
PAYLOAD = "<o:volId>config-2</o:volId><o:file path='user'>c2VjcmV0</o:file>"


def document(known: str = "", devices: str = "", qos: str = "<t:qos/>") -> str:
    """A document; its metadata bind their namespaces to prefixes of its own."""
    return (
        f'<domain type="kvm"><name>a</name><uuid>{ID}</uuid><metadata xmlns:o="{VM}" xmlns:t="{TUNE}">{qos}'
        f"<o:vm><o:resumeBehavior>kill</o:resumeBehavior>{known}</o:vm></metadata>"
        f"{devices and f'<devices>{devices}</devices>'}</domain>"
    )
