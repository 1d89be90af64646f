"""The alerts process, and the client with which others read alerts and change them."""
