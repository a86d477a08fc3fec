"""What is done by itself or in one click: macros."""
