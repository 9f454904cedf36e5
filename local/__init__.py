"""The whole path on one machine: real bucket server, topic, function process, and a simulator of Mixpanel."""
