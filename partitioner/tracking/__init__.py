"""Tracked on purpose: a plan of what Mixpanel is to have of each record, and its application."""
