"""The network, its heads and its anchors."""
