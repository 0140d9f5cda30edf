"""The trust boundary: how student code runs, and how values cross. See the README's picture."""
