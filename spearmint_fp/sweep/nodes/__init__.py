"""The kinds of sweep, one class in each module: what `expand` folds a tree into and what the combinators build."""
