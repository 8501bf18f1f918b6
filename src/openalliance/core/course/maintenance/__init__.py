"""What is kept after the ending, for all who left and not only for those who still answer."""
