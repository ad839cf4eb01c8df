"""The secret key of a site that was given none: made once, readable by its owner alone."""

import os
import secrets

from config.embedded.locations import Locations

RANDOM_BYTES = 48


def ensure(at: Locations) -> None:
    """Leave a key in the data directory unless SECRET_KEY is set or one is there already.

    Only for the owner of the data directory: two at once would each make one.
    """
    if os.environ.get("SECRET_KEY") or at.secret_key_file.exists():
        return
    at.data_dir.mkdir(parents=True, exist_ok=True)
    part = at.secret_key_file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(secrets.token_urlsafe(RANDOM_BYTES))
    part.replace(at.secret_key_file)
