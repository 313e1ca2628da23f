"""What a fake starts with: scenarios, read and written, and entries for what is added by hand."""
