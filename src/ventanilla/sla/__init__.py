"""Whether people were content with how their matter was dealt with."""
