"""The page that a person looks at: statistics gathered while records pass by, and a few drawn pictures."""
