"""Follow the domains of libvirt connections into a database: sources, what is known of each VM, and its changes."""
