"""What is deployed: imports one chunk of the bucket into Mixpanel for each invocation."""
