raise ImportError("No module named 'pycocotools'")
