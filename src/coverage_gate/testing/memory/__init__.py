"""The store in memory, part by part. See `ports.store` for what each method promises."""
