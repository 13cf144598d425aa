"""What the devices ask (\"what since 1841?\") and send (mutations)."""
