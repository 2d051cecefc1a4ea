"""What a registry does: pull, push, mount, list, delete. It knows no users and no HTTP."""
