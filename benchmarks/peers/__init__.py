"""Programs that do the worker's work with other libraries, each as its library likes it."""
