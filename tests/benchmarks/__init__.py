"""Measured claims: ``make bench``, or ``python -m tests.benchmarks [name…]``.

Every number is a median of interleaved rounds, and a ratio to a peer that was measured in the same minutes on the
same machine. Nothing here is a pytest test: a busy machine must not make a test red.
"""
