"""What a report says, before anyone draws it: register and cycle -> content -> document."""
