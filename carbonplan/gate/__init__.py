"""Plan-cost regression: a plan against its baseline, decided on what is proven of both."""
