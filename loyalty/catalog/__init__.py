"""Products, options, categories and stores are the program's; prices a store sets for itself are here."""
