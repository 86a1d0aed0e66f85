"""What the searches of a campaign did and found."""
