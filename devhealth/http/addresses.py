"""Which addresses may be spoken to: the internet's, and what the operator allows by name or network.

A name is resolved once, all its addresses are checked, and connections go to exactly these: what
the name server says later (DNS rebinding) does not matter. The certificate is checked for the name.
"""
