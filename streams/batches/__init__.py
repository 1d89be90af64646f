"""Record batches as they come over the wire, whatever a publisher has put into them.

Read in parts that fit in memory, and written where aiokafka's own builder cannot.
"""
