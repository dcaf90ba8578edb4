"""From raw public data to the small tables that the catalogue carries."""
