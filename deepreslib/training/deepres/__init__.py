"""How DeepRes' networks are trained."""
