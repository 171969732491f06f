"""What the library costs beside what one would use instead. `make bench` runs all of it in one go and prints ratios."""
