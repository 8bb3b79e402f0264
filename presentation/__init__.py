"""How both programs meet a person: command lines, wording, and pictures with boxes on them."""
