"""Fitting the coefficients of the technology models to measured serving."""
