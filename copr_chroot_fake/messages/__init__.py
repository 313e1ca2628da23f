"""Messages that Copr publishes: their content, subscribers, and the thread that notices when they arise."""
