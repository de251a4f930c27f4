"""What the doors of this app call: a module for each of its nouns."""
