"""The documents that are measured: live Domain XML as libvirt lays it out, made here for any number of devices."""

from __future__ import annotations

POOL, STORAGE = "5849b030-626e-47cb-ad90-3ce782d831b3", "2f97ba10-f9fe-4053-bf69-afe3255b0243"


def uuid(group: int, number: int) -> str:
    return f"{group:08x}-0000-4000-8000-{number:012x}"


def pci(number: int) -> str:
    return f"<address type='pci' domain='0x0000' bus='0x{number & 255:02x}' slot='0x{number >> 8:02x}' function='0x0'/>"


def target(number: int) -> str:
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(97 + letter) + name
    return "sd" + name


def alias(group: int, number: int) -> str:
    return f"<alias name='ua-{uuid(group, number)}'/>"


def disk(number: int) -> str:
    image, volume = uuid(4, number), uuid(5, number)
    return f"""
    <disk type='file' device='disk' snapshot='no'>
      <driver name='qemu' type='qcow2' cache='none' error_policy='stop' io='threads'/>
      <source file='/rhev/data-center/{POOL}/{STORAGE}/images/{image}/{volume}' index='{number + 1}'/>
      <backingStore/>
      <target dev='{target(number)}' bus='scsi'/>
      <serial>{image}</serial>
      {alias(1, number)}
      <address type='drive' controller='0' bus='0' target='0' unit='{number}'/>
    </disk>"""


def interface(number: int) -> str:
    return f"""
    <interface type='bridge'>
      <mac address='56:6f:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:01'/>
      <source bridge='ovirtmgmt'/>
      <target dev='vnet{number}'/>
      <model type='virtio'/>
      <link state='up'/>
      <mtu size='1500'/>
      {alias(2, number)}
      {pci(number + 16)}
    </interface>"""


def channel(number: int) -> str:
    return f"""
    <channel type='unix'>
      <source mode='bind' path='/var/lib/libvirt/qemu/channels/{uuid(0, 1)}.org.example.{number}'/>
      <target type='virtio' name='org.example.{number}' state='disconnected'/>
      {alias(3, number)}
      <address type='virtio-serial' controller='0' bus='0' port='{number + 1}'/>
    </channel>"""


def controller(number: int) -> str:
    return f"""
    <controller type='pci' index='{number + 1}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='{number + 1}' port='0x{number + 16:x}'/>
      <alias name='pci.{number + 1}'/>
      {pci(number + 512)}
    </controller>"""


def metadata(number: int) -> str:
    return f"""
      <ovirt-vm:device devtype='disk' name='{target(number)}'>
        <ovirt-vm:poolID>{POOL}</ovirt-vm:poolID>
        <ovirt-vm:domainID>{STORAGE}</ovirt-vm:domainID>
        <ovirt-vm:imageID>{uuid(4, number)}</ovirt-vm:imageID>
        <ovirt-vm:volumeID>{uuid(5, number)}</ovirt-vm:volumeID>
      </ovirt-vm:device>"""


def document(devices: int = 40, joined: int = 5) -> str:
    """A running guest with so many devices: a third disks, the rest NICs, channels and controllers."""
    share = devices // 4
    made = [
        *(disk(number) for number in range(devices - 3 * share)),
        *(controller(number) for number in range(share)),
        *(interface(number) for number in range(share)),
        *(channel(number) for number in range(share)),
    ]
    return f"""<domain type='kvm' id='7'>
  <name>bench</name>
  <uuid>{uuid(0, 1)}</uuid>
  <metadata>
    <ovirt-vm:vm xmlns:ovirt-vm='http://ovirt.org/vm/1.0'>
      <ovirt-vm:clusterVersion>4.8</ovirt-vm:clusterVersion>{"".join(metadata(number) for number in range(joined))}
    </ovirt-vm:vm>
  </metadata>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static' current='2'>16</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
  </features>
  <cpu mode='host-model' check='partial'>
    <topology sockets='16' dies='1' cores='1' threads='1'/>
  </cpu>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>{"".join(made)}
    <graphics type='vnc' port='5900' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='vga' vram='16384' heads='1' primary='yes'/>
      {alias(6, 0)}
      {pci(1)}
    </video>
    <memballoon model='virtio'>
      {alias(6, 1)}
      {pci(2)}
    </memballoon>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
      {alias(6, 2)}
      {pci(3)}
    </rng>
  </devices>
</domain>
"""
