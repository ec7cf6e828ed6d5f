"""Tests of what only a kernel of one's own can show: logical volumes, mounted images, devices that change drivers.

The tests here are ordinary ones, but none of them runs on this machine.  A micro-VM is a Linux that lives for one file
of tests: QEMU in software emulation (neither KVM nor root is needed), Debian's kernel for clouds, and a root file
system in memory that has this machine's Python, this checkout and a few commands, each at its own place.  It boots,
runs pytest on the file as root, sends each test's reports out through a serial port, and is gone.

* `kernel` fetches the kernel, once, into ~/.cache/xform/microvm; nothing is installed.
* `initramfs` collects the root file system.
* `machine` boots it for a file of tests, whose `MACHINE` says what they need, and has the reports.
* `init` is the first process inside: it loads modules, runs the tests, and ends the machine.
* `inside` is the plugin of pytest that sends reports out.
* `conftest` puts those reports in the place of the tests outside, and has what tests share inside.
"""
