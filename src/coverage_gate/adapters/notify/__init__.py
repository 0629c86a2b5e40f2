"""Who is told of tasks: a chat and a tracker."""
