"""Whether a session better than the client's usual precedes another that is."""
