"""Estimators that know nothing of therapy: mixed models, regressions, discrimination, kernels."""
