"""What tests of every app share, as plugins that the root conftest names."""
