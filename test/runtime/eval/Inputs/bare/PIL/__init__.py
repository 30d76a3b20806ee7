raise ImportError("No module named 'PIL'")
