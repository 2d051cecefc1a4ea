"""The vocabulary of images, as the OCI specifications have it. No I/O."""
