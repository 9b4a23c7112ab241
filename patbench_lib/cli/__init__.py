"""The command line: `patbench …`."""
