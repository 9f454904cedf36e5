"""A simulator of Mixpanel's ingestion API. It imports nothing of the importer's: its rules are its own."""
