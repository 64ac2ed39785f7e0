"""The shell: the command `spearmint-fp`.

Stands on all other rooms. No room imports it.
"""
