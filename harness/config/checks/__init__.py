"""What must hold in a matrix beyond its schema."""
