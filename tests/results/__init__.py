"""The results of builds: what is there when, as which bytes, and over HTTP."""
