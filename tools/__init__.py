"""What `make` calls. ``tools.environment`` runs on a bare Python; the others in the environment that it builds."""
