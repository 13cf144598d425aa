"""Who has joined: identity, devices, sign-in, standing, merge, export and erase."""
