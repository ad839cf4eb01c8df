class EvaluationError(Exception):
    """Nothing can be evaluated; the message names the remedy."""
