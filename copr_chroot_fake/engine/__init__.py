"""What the service knows: projects, builds, their chroots and packages, all in memory."""
