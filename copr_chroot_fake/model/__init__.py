"""What happens to a build chroot, when, and what makes it happen."""
