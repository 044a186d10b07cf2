"""Events and codes as SMS and e-mail (SPEC D4.1, D7): gateways and templates in two languages."""
