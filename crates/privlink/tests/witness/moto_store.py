"""A shared store seen by boto3, which knows nothing of privlink.

Usage: moto_store.py URL make BUCKET           makes the bucket
       moto_store.py URL keys BUCKET PREFIX    prints every key under the prefix
       moto_store.py URL show BUCKET KEY       prints an object
"""

import sys

import boto3

url, what, bucket, *rest = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="example",
)
if what == "make":
    s3.create_bucket(Bucket=bucket)
elif what == "keys":
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=rest[0])
    for page in pages:
        for found in page.get("Contents", []):
            print(found["Key"])
elif what == "show":
    print(s3.get_object(Bucket=bucket, Key=rest[0])["Body"].read().decode(), end="")
else:
    sys.exit(__doc__)
