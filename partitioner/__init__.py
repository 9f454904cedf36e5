"""What a user runs: splits exports into chunks, uploads them, follows them, and sends them again."""
