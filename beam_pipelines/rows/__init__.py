"""Tables with one row a box, CSV or Parquet: which column is what, and what a row says."""
