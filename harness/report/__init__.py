"""Reports: pure renderings of one `SubmissionResult`, and the files and tables that they end up in."""
