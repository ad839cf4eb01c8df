"""What catalog tells whoever listens, always after the commit.

products_changed(product_ids: list[int]): these products, or their pictures, were written.
"""

from django.dispatch import Signal

products_changed = Signal()
