"""Published studies planned again: as ordinary scenarios, their numbers beside ours."""
