"""Every public operation of a fake in any order: snapshots restore exactly, and a written fake loads back as it was."""
