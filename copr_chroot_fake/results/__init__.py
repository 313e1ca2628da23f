"""The results of builds, as Copr's download server has them: directories, logs and packages. Does no I/O."""
