"""Kernels in C++ for the CPU, the loader that builds them, and plain-torch twins that say what they compute."""
