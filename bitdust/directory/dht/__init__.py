"""The distributed hash table of BitTorrent, through libtorrent."""
