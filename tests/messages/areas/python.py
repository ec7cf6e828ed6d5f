"""What a program that embeds xform is told."""

from tests.messages.case import Area, Case

MINI = "mini = xform.load('mini')\n"
SHOP = "shop = xform.load('workshop')\n"


def mini(title: str, line: str) -> Case:
    return Case(title, MINI + line)


def machine(title: str, field: str) -> Case:
    return Case(title, f"{MINI}mini.check(mini.Machine(name='web', {field}))")


def shop(title: str, field: str) -> Case:
    return Case(title, f"{SHOP}shop.check(shop.Workshop(name='a', fuel=shop.NoneFuel(), {field}))")


AREA = Area(
    "Python",
    [
        mini("another class than the root's", "mini.generate(3)"),
        mini("items without a part", "mini.generate(mini.Machine(name='web'), only=[])"),
        Case(
            "leases of nothing",
            "from xform.monitor.store import Store\nStore('sqlite:///a.db', xform.load('domain')).leases([], 60.0)",
        ),
        Case(
            "a single look under leases",
            "from xform.monitor.store import Store\nfrom xform.monitor.watch import Monitor\ndomain = xform.load('domain')\n"
            "store = Store('sqlite:///a.db', domain)\n"
            "Monitor(domain, store, [], leases=store.leases(['a'], 60.0)).once()",
        ),
        Case("an entity of another dialect", MINI + SHOP + "mini.generate(shop.Workshop(name='a'))"),
        machine("a number in place of a text", "uuid=5"),
        machine("a text in place of a number", "memory='much'"),
        machine("a text in place of true or false", "acpi='on'"),
        machine("a text in place of a pair's value", "fast='on'"),
        machine("a switch that is neither true nor false", "tuned='on'"),
        machine("a text in place of a list", "disks='vda'"),
        machine("a text in place of a mapping", "policies='force'"),
        machine("a mapping with another word", "policies={'a': 'allow'}"),
        machine("a mapping with an element's name that is none", "extras={'a b': 'c'}"),
        machine("an entity of another kind in a list", "disks=[mini.Screen(kind='vnc')]"),
        machine("an entity in place of its variant", "disks=[mini.Disk(target='vda', source=mini.Disk(target='a'))]"),
        machine("a required field that is missing", "disks=[mini.Disk(target=None)]"),
        machine(
            "a required list that is empty",
            "disks=[mini.Disk(target='vda', source=mini.NetworkSource(protocol='nbd', hosts=[]))]",
        ),
        machine(
            "a second place without its key",
            "disks=[mini.Disk(target=None, pool='6695eb01-f6a4-4304-79aa-97f2502e193f')]",
        ),
        machine("a secret of another type", "screens=[mini.Screen(kind='vnc', password=5)]"),
        machine("bytes that are none", "disks=[mini.Disk(target='vda', blob='a')]"),
        machine("a UUID in another spelling", "uuid='6695EB01-F6A4-4304-79AA-97F2502E193F'"),
        machine("kept XML in another spelling", "foreign=['<a b=\"c\"/>']"),
        machine("kept XML that is none", "foreign=[5]"),
        machine("an Opaque in another spelling", "disks=[mini.Opaque('<disk />')]"),
        machine(
            "an Opaque that the tables can say", "disks=[mini.Opaque('<disk><target dev=\"vda\"></target></disk>')]"
        ),
        machine("an Opaque of another element", "disks=[mini.Opaque('<nic></nic>')]"),
        shop("a text that is only white space", "edition=' '"),
        shop("blank where something stands", "banner=' '"),
        shop("a number below zero", "level=-1"),
        shop("a number that is none", "ratio='half'"),
        shop("CPUs that are none", "seats=5"),
        shop("a rule that refuses", "height='high'"),
        Case("a sum type without its variant", SHOP + "shop.check(shop.Workshop(name='a'))"),
        mini("a document that is none", "mini.parse(None)"),
        mini("a version that is none", "mini.generate(mini.Machine(name='a'), version='new')"),
        mini("a version that is a number", "mini.generate(mini.Machine(name='a'), version=9.0)"),
        Case(
            "a field that a version does not know",
            SHOP
            + "shop.generate(shop.Workshop(name='a', fuel=shop.NoneFuel(), stamp=shop.Stamp(year=1)), version='0.9.0')",
        ),
        mini("a part that there is not", "mini.generate(mini.Machine(name='a'), part='hotplug')"),
        Case(
            "one item of a part in place of a list",
            "ovirt = xform.load('ovirt')\novirt.generate(ovirt.Vm(name='a', id='x'), part='hotplug', only=ovirt.Disk())",
        ),
        Case("a plan of what is wrong", "ovirt = xform.load('ovirt')\novirt.plan(ovirt.Vm(name='a', id='x'))"),
        mini("plain values that are no context", "mini.context('host', foldr='/run', speed='fsat')"),
        mini("a context of another class", "mini.parse('<machine/>', host='host.yaml')"),
        mini("a context that the dialect does not take", "mini.context('hots', folder='/run')"),
        Case(
            "an entity that there is not",
            MINI + "from xform.files import read_entity\nread_entity(mini, 'web.yaml', 'Dsik')",
            {"web.yaml": "name: a"},
        ),
        Case("a file of an entity that is not there", MINI + "mini.read('web.yaml')"),
        mini("known devices that are none", "mini.match('<machine><name>a</name></machine>', known=3)"),
        mini("an update with another class", "mini.update('<machine><name>a</name></machine>', 3)"),
        mini(
            "an update that lacks what is required",
            "mini.update('<machine><name>a</name></machine>', mini.Machine(name=None))",
        ),
        mini(
            "an update whose device cannot be told by its key",
            "machine = mini.Machine(name='a', disks=[mini.Disk(target='vda', pool='x')])\nmini.update('<machine><name>a</name></machine>', machine)",
        ),
        Case(
            "an entity that is too deep",
            SHOP
            + "crate = shop.Crate()\nfor _ in range(2000): crate = shop.Crate(inner=[crate])\nshop.update('<workshop><name>a</name></workshop>', shop.Workshop(name='a', fuel=shop.NoneFuel(), crate=crate))",
        ),
        Case(
            "an entity whose document no reader takes",
            SHOP
            + "crate = shop.Crate()\nfor _ in range(300): crate = shop.Crate(inner=[crate])\nshop.generate(shop.Workshop(name='a', fuel=shop.NoneFuel(), crate=crate))",
        ),
        Case(
            "a part of what is not the VM's",
            "ovirt = xform.load('ovirt')\nvm = ovirt.Vm(id='6695eb01-f6a4-4304-79aa-97f2502e193f', name='a')\novirt.generate(vm, part='hotplug', only=[ovirt.Disk(target='vda')])",
        ),
        Case(
            "a part of a device without its key",
            "ovirt = xform.load('ovirt')\ndisk = ovirt.Disk()\novirt.generate(ovirt.Vm(id='6695eb01-f6a4-4304-79aa-97f2502e193f', name='a', disks=[disk]), part='hotunplug', only=[disk])",
        ),
        Case("data that no file holds", "from xform.files import to_yaml\nto_yaml(object())"),
        machine("an enum of another type", "disks=[mini.Disk(target='vda', kind=5)]"),
        machine("a typed number of another kind", "ratio='half'"),
        Case(
            "an entity that generates no document",
            SHOP + "shop.generate(shop.Workshop(name='a', fuel=shop.NoneFuel(), height='high'))",
        ),
    ],
)
