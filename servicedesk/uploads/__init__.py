"""Files that an administrator hands in with the browser: looked at, tried, carried out by a worker, their outcome kept a while."""
