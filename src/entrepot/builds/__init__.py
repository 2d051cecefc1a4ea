"""Builds of images, and what is told of them."""
