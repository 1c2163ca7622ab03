"""What both halves share: components, draws, tables, the values that cross. Knows numpy and pydantic only."""
