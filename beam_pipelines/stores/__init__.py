"""Object stores, where Beam's own file systems are too slow, too patient or wrong for a job like this."""
