"""Loads exported folders with Hugging Face transformers and compares their logits with ours.

python check.py job.json      job: [{"folder", "tokens": [[...], ...], "logits": file of float32 (windows, length, vocabulary)}, ...]
Prints one JSON line per folder: {"folder", "worst", "scale", "class", "next"}: largest difference of any logit and largest logit, with the same
tokens; and the token that greedy generation puts after all but the last 4 of each window.
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
    with torch.no_grad():
        written = model.generate(tokens[:, :-4], max_new_tokens=4, do_sample=False, pad_token_id=0, eos_token_id=-1)
    if written.shape != tokens.shape:
        raise SystemExit(f"{job['folder']}: generated {tuple(written.shape)}")
    job["first"] = written[:, -4].tolist()
    print(json.dumps({"folder": job["folder"], "worst": worst, "scale": float(numpy.abs(ours).max()), "class": type(model).__name__, "next": job["first"]}), flush=True)
