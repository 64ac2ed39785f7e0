"""Designs: few configurations of a sweep, chosen so that together they show much of it."""
