"""What one document says twice, or should not say."""
