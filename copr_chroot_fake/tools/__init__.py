"""What people do with scenarios beside serving them: check them, look at them, have them made up."""
