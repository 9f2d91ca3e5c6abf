"""Every signal, by topic. Importing this package declares them all."""
