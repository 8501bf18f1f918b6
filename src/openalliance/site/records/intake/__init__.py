"""The door: who works here, as they say it themselves, and who knocks."""
