"""Everything served. Only this floor knows that there is HTTP."""
