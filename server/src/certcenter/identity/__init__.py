"""Customers, accounts, contacts, sessions, staff and roles."""
