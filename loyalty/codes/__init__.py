"""What a member shows at a till: pay code, number, card number, claim code."""
