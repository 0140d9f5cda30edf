"""What other systems take in: sheets of learning platforms, reports of external graders, tables of a class."""
