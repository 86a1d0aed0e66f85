"""The SQLAlchemy door: ledger, lock, atomic files."""
