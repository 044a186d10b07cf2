"""The commands, a module for each family; imported when one of them is called."""
