"""How Weft's processes come to life, stay alive and end. Nothing here knows what the product does."""
