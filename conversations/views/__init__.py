"""One file per resource. Each view begins from what is the person's own: anything else is a 404."""
