"""How long a test waits for what must happen."""

PATIENCE = 60  # seconds until a wait is a failure; the machine may be busy with something else
