"""The incremental tree is the tree of RFC 9162."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from certcenter.audit.tree import Frontier, leaf_hash, node_hash


def whole_tree(leaves):
    """RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(whole_tree(leaves[:split]), whole_tree(leaves[split:]))


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_root_is_the_rfcs(leaves):
    tree = Frontier()
    tree.extend(map(leaf_hash, leaves))
    assert tree.root() == whole_tree(leaves)
    assert Frontier.from_bytes(tree.size, tree.to_bytes()) == tree


def test_known_answers():
    """Roots that Certificate Transparency's reference implementation publishes for its eight test leaves."""
    leaves = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
    tree = Frontier()
    tree.append(leaf_hash(leaves[0]))
    assert tree.root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    tree.append(leaf_hash(leaves[1]))
    assert tree.root().hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
