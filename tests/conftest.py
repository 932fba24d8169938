"""What holds for all tests in Python."""

import signal


def pytest_configure() -> None:
    """Being told to end is like Ctrl-C: what a test started is ended with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
