# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of cluster_tokens, a module each."""
