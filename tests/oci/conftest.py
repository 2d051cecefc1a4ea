"""How properties of the vocabulary are searched."""

from hypothesis import settings

# A busy machine may be slow; that is no fault of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
