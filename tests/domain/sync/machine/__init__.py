"""The state machine of SYNC.md § 6: devices, a network that loses and doubles, a server that crashes, and the truth."""
