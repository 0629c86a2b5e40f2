"""The store on a database, part by part. See `ports.store` for what each method promises."""
