"""How far a campaign is, and what remains to be done."""
