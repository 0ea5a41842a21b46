"""What the feed does by itself: follow what happened, and publish what that changed."""
