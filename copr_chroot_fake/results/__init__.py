"""The results of builds on Copr's download server: directories, logs and packages. Does no I/O."""
