"""Stores: the state that the clients of a process, or of many, share: what the rate limits allow, and open circuits."""
