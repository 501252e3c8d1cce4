"""Every setting: its name, its type, its default, one sentence, and the value in force."""
