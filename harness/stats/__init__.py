"""Statistics on plain arrays; pure numpy and scipy."""
