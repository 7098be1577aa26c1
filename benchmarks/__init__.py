"""Measurements, each a script; the tests take the graphs they are made on from here."""
