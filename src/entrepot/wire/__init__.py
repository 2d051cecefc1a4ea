"""The grammar of HTTP that a registry speaks. No I/O."""
