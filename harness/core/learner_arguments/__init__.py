"""Learner arguments, checked: what each may be, which of them do not go together."""
