"""The pages: rendered here, readable without JavaScript."""
