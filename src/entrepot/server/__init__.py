"""The HTTP/1.1 server: connections and their bounds; it knows ASGI and no route."""
