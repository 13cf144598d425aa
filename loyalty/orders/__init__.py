"""A draft basket on all of a member's devices."""
