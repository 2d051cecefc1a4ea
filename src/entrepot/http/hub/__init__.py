"""Docker Hub's addresses: what `docker search` asks, and the API that scripts know."""
