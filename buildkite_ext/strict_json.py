"""Strict JSON: without NaN and Infinity, which Python also accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["dumps", "loads"]


def loads(content: str | bytes, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """Decode JSON.

    Args:
        content: the text, or its bytes in UTF-8.
        parse_float: makes the value of a number with a fraction or an exponent; by default a float.

    Raises:
        ValueError: it isn't JSON or isn't UTF-8, holds NaN or Infinity, or is nested too deeply.

    Example:
        >>> loads('{"a": [1, 2.5]}')
        {'a': [1, 2.5]}
    """
    # Python's own errors hold the whole content, which may be secret, so they are not raised, nor kept as a cause.
    try:
        text = content if isinstance(content, str) else content.decode()
        return json.loads(text, parse_constant=_refuse, parse_float=parse_float)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"it isn't UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise ValueError(str(error)) from None


def dumps(value: object, *, name: str) -> bytes:
    """Encode JSON in UTF-8.

    Args:
        value: the value.
        name: the argument that it was given as, for messages.

    Raises:
        TypeError: a part of it has no form in JSON.
        ValueError: it holds NaN, Infinity or a lone surrogate, or is nested too deeply.

    Example:
        >>> dumps({"commit": "HEAD"}, name="json")
        b'{"commit":"HEAD"}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except TypeError as error:
        raise TypeError(f"{name}= can't be sent as JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{name}= can't be sent as JSON: it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError(
            f"{name}= can't be sent as JSON: it holds a lone surrogate, which has no form in UTF-8"
        ) from None
    except ValueError as error:
        raise ValueError(f"{name}= can't be sent as JSON: {error}") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")
