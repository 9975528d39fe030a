"""Decoding on a GPU: Triton kernels, and a step of fixed shapes that a CUDA graph replays."""
