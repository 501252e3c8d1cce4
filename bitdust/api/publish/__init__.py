"""The doors through which a node is asked, all with one lock and one list of methods."""
