"""What two documents share: bands, and what follows from them."""
