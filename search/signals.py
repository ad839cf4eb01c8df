"""What search tells whoever listens, always after the commit.

announced(pks: list[int]): these announcements wait to be delivered.
"""

from django.dispatch import Signal

announced = Signal()
