"""What this node is reachable by: what others see of it, and what of that is believed."""
