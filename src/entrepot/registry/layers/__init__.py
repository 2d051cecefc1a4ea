"""The files in layers of images."""
