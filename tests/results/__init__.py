"""The results of builds: which files exist when, their bytes, and HTTP."""
