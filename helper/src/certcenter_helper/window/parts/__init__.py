"""The parts that every page of the window is made of."""
