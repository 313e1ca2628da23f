"""Random sequences of public operations: snapshots restore exactly, and a dumped fake loads back."""
