"""What runs inside the sandbox, beside the submission. It needs Python and NumPy, and holds no secrets.

Nothing here may import the rest of the harness: this folder is all of it that the sandbox can see.
"""
