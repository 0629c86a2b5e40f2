"""Where a verdict is shown beside the code: Gitea, GitHub, GitLab."""
