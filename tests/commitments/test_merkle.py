"""The Merkle tree against the recursive definition of RFC 9162 and against itself."""

from hashlib import sha256

import pytest

from commitments.ledger import merkle

# The eight leaves of the Certificate Transparency reference implementation's test and the roots of 1 to 8 of them.
LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def tree(leaves):
    nodes: dict[tuple[int, int], bytes] = {}
    size = 0
    for leaf in leaves:
        size = merkle.append(lambda a, b: nodes[a, b], lambda a, b, node: nodes.__setitem__((a, b), node), size, leaf)
    return lambda a, b: nodes[a, b]


def by_definition(leaves):
    """MTH of RFC 9162, 2.1.1, straight from the text."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_the_published_vector_comes_out():
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    assert merkle.root(tree(hashes), 8).hex() == ROOT_OF_EIGHT


@pytest.mark.parametrize("size", range(34))
def test_roots_are_those_of_the_definition(size):
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(size)]

    assert merkle.root(tree(hashes), size) == by_definition(hashes)


def test_inclusion_holds_for_every_leaf_and_for_no_other():
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(33)]
    get = tree(hashes)

    for size in range(1, 34):
        root = merkle.root(get, size)
        for position in range(size):
            path = merkle.inclusion(get, position, size)
            assert merkle.verify_inclusion(hashes[position], position, size, path, root)
            assert not merkle.verify_inclusion(hashes[position - 1], position, size, path, root) or size == 1


def test_consistency_holds_for_every_beginning_and_not_for_a_changed_one():
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(33)]
    get = tree(hashes)
    wrong = merkle.leaf_hash(b"wrong")

    for new in range(1, 34):
        for old in range(1, new + 1):
            path = merkle.consistency(get, old, new)
            roots = merkle.root(get, old), merkle.root(get, new)
            assert merkle.verify_consistency(old, new, path, *roots)
            assert not merkle.verify_consistency(old, new, path, wrong, roots[1])
