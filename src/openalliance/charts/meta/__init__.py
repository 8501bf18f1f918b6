"""Pictures of a meta-analysis: forest, funnel, profile, Baujat, bubble; print-ready in grey."""
