"""Room of fine-tuning: what is learnt from, what must not be, and the learning."""
