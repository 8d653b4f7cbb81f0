"""Reads .hiltrace files with Python's standard library alone, as docs/trace-format.md says.

usage: trace_reader.py FILE    prints a line for each record: sequence, kind, time, fields (hex), data (hex);
                               a block's definitions come first, with "-" for sequence and time
"""
import json
import pathlib
import struct
import sys
import zlib


def lz4_length(length, source, at):
    """A length of which `length` was in the token, and what comes after it."""
    more = 255 if length == 15 else 0
    while more == 255:
        more = source[at]
        length += more
        at += 1
    return length, at


def lz4_block(source, out):
    """Decompresses one LZ4 block; matches may reach back into what `out` has already."""
    at = 0
    while at < len(source):
        token = source[at]
        at += 1
        length, at = lz4_length(token >> 4, source, at)
        out += source[at:at + length]
        at += length
        if at == len(source):
            break
        distance = source[at] | source[at + 1] << 8
        length, at = lz4_length(token & 15, source, at + 2)
        end = len(out) + length + 4
        while len(out) < end:
            out += out[-distance:][:end - len(out)]


def lz4_frame(file, at):
    """The content of the LZ4 frame at an offset, and where it ends."""
    size, = struct.unpack_from("<Q", file, at + 6)
    at += 15
    out = bytearray()
    while (length := struct.unpack_from("<I", file, at)[0]) != 0:
        at += 4
        end = at + (length & 0x7FFFFFFF)
        if length >> 31:
            out += file[at:end]
        else:
            lz4_block(file[at:end], out)
        at = end + 4
    assert len(out) == size
    return bytes(out), at + 8


def varints(column):
    value = shift = 0
    for byte in column:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


class Block:
    def __init__(self, content, schema):
        records, kinds, self.sequence, self.time, self.last_time, times = struct.unpack_from("<IIQqqI", content)
        at, table = 36, []
        for _ in range(kinds):
            kind, columns, _, count = struct.unpack_from("<BBHI", content, at)
            table.append((kind, count, struct.unpack_from(f"<{columns}I", content, at + 8)))
            at += 8 + 4 * columns
        self.kinds = content[at:at + records]
        at += records
        self.times = content[at:at + times]
        at += times
        self.records = {}
        for kind, count, lengths in table:
            ends = [at + sum(lengths[:i]) for i in range(len(lengths) + 1)]
            columns = [content[start:end] for start, end in zip(ends, ends[1:])]
            at = ends[-1]
            self.records[kind] = list(self.decode(schema[kind], columns, count))
            assert len(self.records[kind]) == count
        assert at == len(content)

    @staticmethod
    def decode(kind, columns, count):
        """The records of one kind: a list of fields and the data each."""
        fields = []
        for description, column in zip(kind["fields"], columns):
            last, values = {}, []
            for i, value in enumerate(varints(column)):
                key = fields[0][i] if description["coding"] == "keyed" else None
                last[key] = (last.get(key, 0) + unzigzag(value)) % 2**64
                values.append(last[key])
            fields.append(values)
        if not kind["data"]:
            yield from ([[values[i] for values in fields], b""] for i in range(count))
            return
        lengths, data = columns[len(fields):]
        at = 0
        for i, length in enumerate(varints(lengths)):
            yield [values[i] for values in fields], data[at:at + length]
            at += length

    def lines(self, schema):
        for kind in (0, 1, 2):
            for fields, data in self.records.get(kind, []):
                yield line("-", schema[kind]["name"], "-", fields, data)
        positions = {kind: iter(records) for kind, records in self.records.items()}
        for kind, difference in zip(self.kinds, varints(self.times)):
            self.time += unzigzag(difference)
            fields, data = next(positions[kind])
            yield line(self.sequence, schema[kind]["name"], self.time, fields, data)
            self.sequence += 1


def line(sequence, name, time, fields, data):
    return f"{sequence} {name} {time} {','.join(f'{value:X}' for value in fields)} {data.hex().upper()}"


def main(path):
    file = pathlib.Path(path).read_bytes()
    magic, length = struct.unpack_from("<II", file)
    header = file[8:8 + length]
    signature, version, schema_bytes, _ = struct.unpack_from("<8sIIq", header)
    assert magic == 0x184D2A50 and signature == b"HILTRACE" and version == 1
    assert zlib.crc32(header[:-4]) == struct.unpack("<I", header[-4:])[0]
    schema = {kind["kind"]: kind for kind in json.loads(header[24:24 + schema_bytes])["kinds"]}
    at = 8 + length
    while at < len(file):
        magic, length = struct.unpack_from("<II", file, at)
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            at += 8 + length
            continue
        content, at = lz4_frame(file, at)
        print(*Block(content, schema).lines(schema), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
