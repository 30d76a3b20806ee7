raise ImportError("a Python without OpenVINO")
