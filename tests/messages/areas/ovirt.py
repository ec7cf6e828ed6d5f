"""What a VM of the ovirt dialect asks for, against what is known."""

from tests.messages.case import Area, Case

VM = "id: 6695eb01-f6a4-4304-79aa-97f2502e193f\nname: web\n"


def plan(title: str, fields: str, cluster: str = "", host: str = "") -> Case:
    files = {"vm.yaml": VM + fields}
    options = ""
    if cluster:
        files["cluster.yaml"], options = cluster, options + " --context cluster=cluster.yaml"
    if host:
        files["host.yaml"], options = host, options + " --host host.yaml"
    return Case(title, f"xform generate vm.yaml --no-check{options}", files)


AREA = Area(
    "Plans of the ovirt dialect",
    [
        Case("a VM without an id", "xform generate vm.yaml", {"vm.yaml": "name: web"}),
        plan("an operating system that is not known", "os: windows_12"),
        plan("a compatibility level that is not known", "", cluster="compatibility: '3.0'"),
        plan("a time zone that is not known", "time_zone: Europe/Berln"),
        plan(
            "a profile that the cluster does not have",
            "nics: [{vnic_profile_id: 6695eb01-f6a4-4304-79aa-97f2502e193f}]",
            cluster="vnic_profiles: []",
        ),
        plan("a guest's operating system that is not known", "guest_os: windows_12"),
        plan("a compatibility level that is none", "", cluster="compatibility: new"),
        Case(
            "metadata of other types",
            "xform validate vm.xml --schemas rng",
            {
                "vm.xml": "<domain><name>a</name><metadata xmlns:ovirt-vm='http://ovirt.org/vm/1.0'><ovirt-vm:vm>"
                "<ovirt-vm:minGuaranteedMemoryMb type='text'>5</ovirt-vm:minGuaranteedMemoryMb>"
                "<ovirt-vm:destroy_on_reboot type='bool'>perhaps</ovirt-vm:destroy_on_reboot>"
                "</ovirt-vm:vm></metadata></domain>"
            },
        ),
        Case(
            "metadata that its schema refuses",
            "xform validate vm.xml --schemas rng",
            {
                "vm.xml": "<domain><name>a</name><metadata xmlns:ovirt-vm='http://ovirt.org/vm/1.0'><ovirt-vm:vm><ovirt-vm:minGuaranteedMemoryMb type='int'>much</ovirt-vm:minGuaranteedMemoryMb><ovirt-vm:device devtype='disk'/>text</ovirt-vm:vm></metadata></domain>"
            },
        ),
    ],
)
