"""What a search space is made of, and what may be searched beyond an algorithm's own."""
