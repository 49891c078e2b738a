"""THE PATH: the only place that names edges; joins the parts; settings, checkpointers, the run manager."""
