"""What templates of this site may use beside Django's own tags."""
