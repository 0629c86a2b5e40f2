"""Where baselines, measurements, lease, audit and outbox are kept."""
