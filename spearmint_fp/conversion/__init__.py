"""Into and out of the types and files of users: structure, problems, JSON, YAML and TOML.

Imports `configuration`.
"""
