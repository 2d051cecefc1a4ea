"""The file system of the data folder: who may look into it, and how much room it has."""
