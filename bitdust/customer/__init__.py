"""We, using other people's disks."""
