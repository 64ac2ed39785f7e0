"""Few configurations of a sweep that stand for all of them."""
