"""What Faust and aiokafka lack: chunks, transactions by partition, and the ledger."""
