"""Takes out what scraped text says twice, and keeps the news."""
