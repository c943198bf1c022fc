def repair_line(line, options): return line
def decode_bytes(raw): return raw.decode("cp1252","replace")
