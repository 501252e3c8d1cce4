"""BitDust keeps its user's files, encrypted and erasure-coded, on other people's disks."""
