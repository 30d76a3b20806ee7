raise ImportError("a Python without ncnn")
