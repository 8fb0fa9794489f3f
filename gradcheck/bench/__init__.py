"""What is timed of cases: workloads, and what is measured of them beside the time."""
