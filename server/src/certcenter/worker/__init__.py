"""Background work: which job runs when. The jobs themselves live in their rooms."""
