"""What differs between two plans or scenarios: inputs first, then what came of them."""
