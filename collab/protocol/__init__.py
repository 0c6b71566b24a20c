"""The wire, as pure functions: bytes in, values out. No Django, no pycrdt, no event loop.

`messages` decodes and encodes frames, `state_vector` what replicas have; `guard` reads what clients claim to be updates
before anything else does, with `values` for what is inside items; `lib0` has the primitives under all of them.
`docs/protocol.md` is the grammar.
"""
