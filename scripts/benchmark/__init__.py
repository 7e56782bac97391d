"""Measures Quorate beside etcd; scripts/bench.sh is the way in."""
