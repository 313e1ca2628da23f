"""The results that builds leave behind, as Copr's download server shows them: directories, logs, packages. No I/O."""
