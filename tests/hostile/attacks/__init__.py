"""Attacks by what they aim at. Each is a function of (port, full) that raises Failure when the server lets it through."""
