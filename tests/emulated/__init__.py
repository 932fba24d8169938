"""The functions' real binaries, run as Lambda runs them."""
