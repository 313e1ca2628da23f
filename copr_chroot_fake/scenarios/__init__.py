"""What a fake starts with: scenarios read, written, and made up for what is added by hand."""
