"""Loads a folder in the GPTQ layout with GPTQModel (no code of ours) and compares every packed matrix, and the logits, with ours.

python check-gptq.py job.json      job: {"folder", "tokens": [[...], ...], "logits": file of float32, "matrices": {module: file of float32 (out, in)}}
Prints one JSON line: {"modules", "worst", "rms"}: packed modules found, the largest difference of an element over the largest of its matrix, and
the root mean square difference of the logits over that of the logits. GPTQModel computes in half precision.
"""
import json
import sys

import numpy
import torch
from gptqmodel import BACKEND, GPTQModel

job = json.load(open(sys.argv[1]))
model = GPTQModel.load(job["folder"], device="cpu", backend=BACKEND.GPTQ_TORCH, dtype=torch.float16).model
worst, count = 0.0, 0
for name, module in model.named_modules():
    if not hasattr(module, "dequantize_weight"):
        continue
    theirs = module.dequantize_weight().T.float().detach().numpy()
    ours = numpy.fromfile(job["matrices"][name], dtype="<f4").reshape(theirs.shape)
    worst = max(worst, float(numpy.abs(theirs - ours).max() / numpy.abs(ours).max()))
    count += 1
with torch.no_grad():
    theirs = model(input_ids=torch.tensor(job["tokens"]), use_cache=False).logits.float().numpy()
ours = numpy.fromfile(job["logits"], dtype="<f4").reshape(theirs.shape)
rms = float(numpy.sqrt(((theirs - ours) ** 2).mean() / (ours**2).mean()))
print("\n" + json.dumps({"modules": count, "worst": worst, "rms": rms}))
