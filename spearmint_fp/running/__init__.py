"""Running: what happens to configurations, as values."""

from .injection import Bind, inject
from .outcomes import ErrorInfo, Failure, Outcome, Success

__all__ = ["Bind", "ErrorInfo", "Failure", "Outcome", "Success", "inject"]
