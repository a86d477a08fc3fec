"""How fast it is: loads a corpus of any size and measures over HTTP. Figures stand in docs/performance.md."""
