"""Loads exported folders with Hugging Face transformers and compares their logits with ours.

python check.py job.json      job: [{"folder", "tokens": [[...], ...], "logits": file of float32 (windows, length, vocabulary)}, ...]
Prints one JSON line per folder: {"folder", "worst", "scale", "class"}: largest difference of any logit and largest logit, with the same tokens.
"""
import json
import sys

import numpy
import torch
from transformers import AutoModelForCausalLM, logging

logging.set_verbosity_error()

for job in json.load(open(sys.argv[1])):
    model, info = AutoModelForCausalLM.from_pretrained(job["folder"], trust_remote_code=True, dtype=torch.float32, output_loading_info=True)
    left = {key: sorted(names) for key, names in info.items() if names and key != "error_msgs"}
    if left:
        raise SystemExit(f"{job['folder']}: {left}")
    tokens = torch.tensor(job["tokens"])
    with torch.no_grad():
        theirs = model.eval()(input_ids=tokens, use_cache=False).logits.float().numpy()
    ours = numpy.fromfile(job["logits"], dtype="<f4").reshape(theirs.shape)
    worst = float(numpy.abs(theirs - ours).max())
    print(json.dumps({"folder": job["folder"], "worst": worst, "scale": float(numpy.abs(ours).max()), "class": type(model).__name__}), flush=True)
