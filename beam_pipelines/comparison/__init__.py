"""What changed between two datasets: from their manifests, and from the shards that are not equal in both."""
