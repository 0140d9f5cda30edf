"""Which submissions of a class are alike: read, never run; a likeness is reported, never a judgement."""
