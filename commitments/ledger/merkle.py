"""Append-only Merkle tree of RFC 9162 over any store of perfect-subtree hashes; hashlib only.

A node (level, position) is the root of the perfect subtree over the 2**level leaves from position * 2**level on.
It never changes once it is complete, so nodes are append-only rows, and nothing but the frontier is held in memory.
``get`` returns a node's hash; ``put`` stores one. Hashes are bytes of length 32.
"""

from collections.abc import Callable
from hashlib import sha256

Get = Callable[[int, int], bytes]
Put = Callable[[int, int, bytes], None]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def append(get: Get, put: Put, size: int, leaf: bytes) -> int:
    """Store a leaf hash and every perfect subtree that it completes; return the new size."""
    put(0, size, leaf)
    level, position, node = 0, size, leaf
    while position & 1:
        node = node_hash(get(level, position - 1), node)
        level, position = level + 1, position >> 1
        put(level, position, node)
    return size + 1


def range_hash(get: Get, start: int, end: int) -> bytes:
    """The hash over leaves [start, end); ``start`` must be aligned as the splits of RFC 9162 are."""
    width = end - start
    if width == 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return get(level, start >> level)
    split = 1 << (width - 1).bit_length() - 1
    return node_hash(range_hash(get, start, start + split), range_hash(get, start + split, end))


def root(get: Get, size: int) -> bytes:
    return range_hash(get, 0, size)


def inclusion(get: Get, position: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of the first ``size`` leaves (RFC 9162, 2.1.3.1)."""
    path = []
    start, end = 0, size
    while end - start > 1:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if position < split:
            path.append(range_hash(get, split, end))
            end = split
        else:
            path.append(range_hash(get, start, split))
            start = split
    return path[::-1]


def consistency(get: Get, old: int, new: int) -> list[bytes]:
    """The proof that the tree of size ``old`` is the beginning of that of size ``new`` (RFC 9162, 2.1.4.1)."""
    path = []
    start, end, whole = 0, new, True
    while old != end:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= split:
            path.append(range_hash(get, split, end))
            end = split
        else:
            path.append(range_hash(get, start, split))
            start, whole = split, False
    return ([] if whole else [range_hash(get, start, end)]) + path[::-1]


def verify_inclusion(leaf: bytes, position: int, size: int, path: list[bytes], expected: bytes) -> bool:
    """Whether the path leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if position >= size:
        return False
    fn, sn, node = position, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == expected


def verify_consistency(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the path leads from the older root to the newer one (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new or not path:
        return False
    if old & (old - 1) == 0:
        path = [old_root, *path]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    roots = _folded(fn, sn, path)
    return roots == (old_root, new_root)


def _folded(fn: int, sn: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots to which a consistency path leads; None where it is too long or too short."""
    first = second = path[0]
    for node in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = node_hash(node, first), node_hash(node, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, node)
        fn, sn = fn >> 1, sn >> 1
    return (first, second) if sn == 0 else None
