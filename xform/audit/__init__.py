"""The audit of a fleet: many documents, each examined by itself, in processes of this machine or of a cluster.

sources → chunks → examine (in a worker) → rows → results (Parquet) → page
"""
