"""`check`: what an export holds, and what Mixpanel would make of it, before anything is sent."""
