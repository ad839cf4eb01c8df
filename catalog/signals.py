"""What catalog tells whoever listens.

products_changed(product_ids: list[int]): these products, or their pictures, were written; always
after the commit.

broker_returned(): messages go again, of which some may have been given up meanwhile.
"""

from django.dispatch import Signal

products_changed = Signal()
broker_returned = Signal()
