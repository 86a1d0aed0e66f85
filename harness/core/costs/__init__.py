"""What training costs, computed from configurations, and what a budget of it buys."""
