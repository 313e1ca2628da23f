"""The server of ``copr-chroot-fake serve`` and ``run``, the proxy, and servers in threads."""
