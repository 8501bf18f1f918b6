"""What is mailed: kept until it is sent, sent once, never with clinical content."""
