"""Takes submissions in: finds them, copies plain files, turns notebooks into modules. Runs none of them."""
