"""How CryoRes' network is trained."""
