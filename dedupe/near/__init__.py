"""What two documents share: signatures, bands, verification, and which of them stays."""
