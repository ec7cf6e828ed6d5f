"""Entity files and contexts."""

from tests.messages.case import Area, Case

MACHINE = {"m.xml": "<machine><name>web</name></machine>"}


def web(title: str, content: str | bytes, dialect: str = "mini") -> Case:
    return Case(title, f"xform generate --dialect {dialect} web.yaml --no-check", {"web.yaml": content})


def host(title: str, content: str) -> Case:
    return Case(
        title,
        "xform generate --dialect mini web.yaml --no-check --host host.yaml",
        {"web.yaml": "name: web", "host.yaml": content},
    )


AREA = Area(
    "Entity files and contexts",
    [
        web("no content", ""),
        web("no YAML", "name: ["),
        web("no JSON", '{"name": '),
        web("not in UTF-8", b"name: \xff"),
        web("a character that no document holds", b"name: w\x00"),
        web("a list at the top", "- name: web"),
        web("a text at the top", "web"),
        web("a document at the top", "<machine/>"),
        web("code", "name: !!python/object/apply:os.system [true]"),
        web("a text that begins with *", "name: *s3cret"),
        web("a text that begins with !", "name: !s3cret"),
        web("a key twice", "name: a\nname: b"),
        web("an alias", "name: &a web\nuuid: *a"),
        web("a key that is no text", "[1]: x"),
        web("two documents", "name: a\n---\nname: b"),
        web("nested too deeply", "[" * 400),
        web("too large", "#" * (17 << 20)),
        web("a field that there is not", "nmae: web"),
        web("a field that is missing", "memory: 5"),
        web("a list in place of a text", "name: [web]"),
        web("a text in place of a number", "name: web\nmemory: much"),
        web("a number in place of a text", "name: 5"),
        web("a number below zero", "name: web\nmemory: -5"),
        web("a ratio that is none", "name: web\nratio: half"),
        web("a word in place of true or false", "name: web\nfast: on"),
        web("another word than those that may be", "name: web\ndisks: [{target: vda, cache: wirteback}]"),
        web("no UUID", "name: web\nuuid: web"),
        web("no MAC address", "name: web\ndisks: [{target: vda, mac: 52-54}]"),
        web("no base64", "name: web\ndisks: [{target: vda, blob: '%%'}]"),
        web("a text in place of a list", "name: web\ndisks: vda"),
        web("a text in place of an entity", "name: web\ndisks: [vda]"),
        web("a list in place of a mapping", "name: web\npolicies: [force]"),
        web("a key of a mapping that no document holds", "name: web\nextras: {'a b': x}"),
        web("a value of a mapping that is not admitted", "name: web\npolicies: {vmx: allow}"),
        web("a key of a mapping in a list's place", "name: web\npolicies: {5: force}"),
        web("a variant without its type", "name: web\ndisks: [{target: vda, source: {path: /a}}]"),
        web("a variant that there is not", "name: web\ndisks: [{target: vda, source: {type: flie, path: /a}}]"),
        web("a text in place of a variant", "name: web\ndisks: [{target: vda, source: /a}]"),
        web("a field of another variant", "name: web\ndisks: [{target: vda, source: {type: file, protocol: nbd}}]"),
        web("a list that lacks its item", "name: web\ndisks: [{target: vda, source: {type: network, protocol: nbd}}]"),
        web(
            "a required list that is empty",
            "name: web\ndisks: [{target: vda, source: {type: network, protocol: nbd, hosts: []}}]",
        ),
        web("opaque with other fields", "name: web\ndisks: [{opaque: <disk/>, target: vda}]"),
        web("opaque that is no XML", "name: web\ndisks: [{opaque: <disk>}]"),
        web("opaque of another element", "name: web\ndisks: [{opaque: <nic/>}]"),
        web("opaque that the tables can say", "name: web\ndisks: [{opaque: '<disk><target dev=\"vda\"/></disk>'}]"),
        web(
            "opaque in place of a variant, of another element",
            "name: web\ndisks: [{target: vda, source: {opaque: <nic type='x'/>}}]",
        ),
        web("kept XML that is none", "name: web\nforeign: ['<a']"),
        web("kept XML of an element that a row has", "name: web\nentries: []\nplan: <plan/>", "workshop"),
        web("a name that no document holds", 'name: "a\\x01b"'),
        web("a rule that refuses", "name: web\nheight: high", "workshop"),
        web("a secret of another form", "name: web\nscreens: [{kind: vnc, password: [hunter2]}]"),
        web("a sum type without its variant", "name: web", "workshop"),
        web("a number of too many digits", "name: web\nmemory: " + "9" * 101),
        web("binary that is none", "name: web\ndisks: [{target: vda, blob: !!binary '%'}]"),
        web("a tag on a mapping", "!!set {a}"),
        web("a number of seats that is none", "name: web\nseats: 1-x", "workshop"),
        web("seats without end", "name: web\nseats: '" + "0," * 40_000 + "0'", "workshop"),
        web("seats in a wrong order", "name: web\nseats: 5-2", "workshop"),
        web("a number of another width", "name: web\nserial: -1\nfuel: {type: none}", "workshop"),
        web("a version that is none", "name: web\nedition: new", "workshop"),
        web("a template that is not filled", "name: web\nbadge: nobody", "workshop"),
        web(
            "aliases that make more",
            "a: &a [" + "x, " * 999 + "x]\nb: &b [" + "*a, " * 200 + "*a]\nname: *b",
        ),
        web("a tag on a text", "name: !name web"),
        web("more faults than one reads", "name: web\ndisks: [" + "{}, " * 200 + "]"),
        Case(
            "an old name and a new one",
            "xform generate --dialect site web.yaml --no-check",
            {
                "web.yaml": "name: a\nnom: b",
                "site/dialect.toml": 'format = 1\nname = "site"\nextends = "../mini"\n[renamed.Machine]\nnom = "name"\n',
            },
        ),
        Case("an entity file that is not there", "xform generate --dialect mini web.yaml"),
        Case(
            "a device that is not in the part",
            "xform generate vm.yaml --part hotplug --device ua-1",
            {"vm.yaml": "id: 6695eb01-f6a4-4304-79aa-97f2502e193f\nname: web"},
        ),
        Case(
            "an edit that lacks a field",
            "xform update --dialect mini m.xml web.yaml --no-check",
            MACHINE | {"web.yaml": "memory: 5"},
        ),
        Case(
            "an edit that the tables do not admit",
            "xform update --dialect mini m.xml web.yaml --no-check",
            MACHINE
            | {"web.yaml": "name: web\ndisks: [{target: vda, source: {type: network, protocol: nbd, hosts: []}}]"},
        ),
        host("a context that lacks a field", "speed: slow"),
        host("a context with another word", "folder: /run\nspeed: fsat"),
        host("a context with a field that there is not", "foldr: /run"),
        host("a context with a text for a number", "folder: /run\nload: high"),
        host("a context with a fault within", "folder: /run\npools: [{size: 1}]\nlabels: {a: 1}"),
        host("a context that is no mapping", "[]"),
        Case(
            "a context that the dialect does not take",
            "xform generate --dialect mini web.yaml --context hots=host.yaml",
            {"web.yaml": "name: web", "host.yaml": "folder: /run"},
        ),
    ],
)
