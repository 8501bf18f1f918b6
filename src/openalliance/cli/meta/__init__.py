"""``openalliance meta``: the evidence engine on a file of effects."""
