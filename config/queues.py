"""The queues by name: known to who starts workers, and loads nothing else for it."""

# What somebody waits for; what imports leave to be encoded; what takes minutes or hours.
INTERACTIVE, BULK, TRAINING = QUEUES = ("celery", "bulk", "training")
