"""What everybody may read without signing in: released editions and nothing else.

Every page is a function of the stored content of an edition and of the state of all editions; none reads the register.
So a page can be kept as it is until an edition is released, superseded, withdrawn or locked, and nothing that was not
released can come to stand in it.
"""
