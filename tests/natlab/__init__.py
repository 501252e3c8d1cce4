"""A piece of Internet on this machine: routers of every kind, in network namespaces of our own."""
