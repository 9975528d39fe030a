"""GGUF files, as LM Studio, Ollama and llama.cpp keep Gemma: read, and unpacked into a folder as the hub has them."""
