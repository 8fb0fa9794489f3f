"""Wrong gradients that checkers in use accept, and right ones that they reject."""
