"""What a campaign will take: seconds, hours, disk, and the budget that fits a night."""
