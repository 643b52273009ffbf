"""One live search, kept: asked and told, stopped today and gone on with tomorrow."""
