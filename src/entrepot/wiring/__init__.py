"""The one place where adapters are chosen and parts are put together."""
