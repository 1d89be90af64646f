"""Record batches in Kafka's wire format, whatever a publisher has put into them.

Reads them in parts that fit in memory, and writes records that aiokafka's builder cannot.
"""
