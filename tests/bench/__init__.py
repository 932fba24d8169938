"""What the functions cost: size, start, first look, memory. `make bench` runs it."""
