"""Flags that only Beam's job server for Flink knows: Java's FlinkPipelineOptions and PortablePipelineOptions.

Python's Beam hands them on unseen, and drops a misspelt one with a line in the log. `tests/runners/test_flink.py`
compares them with what the job server says of itself.
"""

_OF_BATCH_JOBS = """
    --attached_mode --auto_balance_write_files_sharding_enabled --disable_metrics --execution_mode_for_batch
    --execution_retry_delay --faster_copy --file_input_split_max_size_m_b --flink_conf_dir --force_slot_sharing_group
    --job_check_interval_in_secs --latency_tracking_interval --max_bundle_size --max_bundle_time_mills
    --number_of_execution_retries --object_reuse --operator_chaining --re_iterable_group_by_key_result
    --use_data_stream_for_batch
"""
_OF_CHECKPOINTS = """
    --allow_non_restored_state --auto_watermark_interval --checkpoint_timeout_millis --checkpointing_interval
    --checkpointing_mode --enable_stable_input_drain --externalized_checkpoints_enabled
    --fail_on_checkpointing_errors --finish_bundle_before_checkpointing --force_unaligned_checkpoint_enabled
    --min_pause_between_checkpoints --num_concurrent_checkpoints --report_checkpoint_duration
    --retain_externalized_checkpoints_on_cancellation --savepoint_path --shutdown_sources_after_idle_ms
    --state_backend --state_backend_factory --state_backend_storage_path --unaligned_checkpoint_enabled
"""
_OF_WORKERS = """
    --default_environment_config --default_environment_type --enable_heap_dumps --environment_expiration_millis
    --load_balance_bundles --retain_docker_containers
"""

FLINK_FLAGS = frozenset(f"{_OF_BATCH_JOBS}{_OF_CHECKPOINTS}{_OF_WORKERS}".split())
