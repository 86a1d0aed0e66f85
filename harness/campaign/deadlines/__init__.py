"""What a deadline lets begin, and which searches it ends."""
