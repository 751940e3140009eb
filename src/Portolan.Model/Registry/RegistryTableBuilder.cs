using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Portolan.Model.Registry;

/// <summary>Makes the table's bytes from rows.</summary>
internal sealed class RegistryTableBuilder
{
    // IANA has at most three names for a port. Bounds the work on a hostile file.
    private const int MaximumNamesPerPort = 1000;
    private readonly List<RegistryRow> _records = [];
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal) { [string.Empty] = 0 };
    private readonly List<byte> _text = [];

    private RegistryTableBuilder()
    {
    }

    /// <summary>Makes the table. The rows keep their order within a port: the first name stays first.</summary>
    /// <param name="rows">The rows as published.</param>
    /// <param name="asOf">The date of the newest fact among them.</param>
    /// <returns>The numbers and the text (see <see cref="RegistryTable"/>).</returns>
    /// <exception cref="InvalidOperationException">More records or overlaps than the format holds (65,534); IANA has about
    /// 7,000.</exception>
    public static (byte[] Numbers, byte[] Text) Build(IEnumerable<RegistryRow> rows, DateOnly asOf)
    {
        var builder = new RegistryTableBuilder();
        foreach (var group in rows.GroupBy(row => row.Ports).OrderBy(group => group.Key.First).ThenBy(group => group.Key.Last))
        {
            builder.AddGroup(group);
        }

        return builder.Write(asOf);
    }

    // The rows of one port or range. A row that repeats an earlier one for another protocol joins it, as long as the order of that
    // protocol's names stays as published.
    private void AddGroup(IEnumerable<RegistryRow> group)
    {
        var start = _records.Count;
        foreach (var row in group)
        {
            var wanted = row.Protocols;
            var partner = -1;
            for (var i = start; i < _records.Count; i++)
            {
                var record = _records[i];
                if (record.Status == row.Status && record.Name == row.Name)
                {
                    // The same name twice for one protocol says nothing new.
                    wanted &= ~record.Protocols;
                    partner = record.Description == row.Description && record.Reference == row.Reference ? i : partner;
                }
                else if ((record.Protocols & row.Protocols) != 0)
                {
                    partner = -1;
                }
            }

            if (wanted == RegistryProtocols.None)
            {
                continue;
            }

            if (partner >= 0)
            {
                _records[partner] = _records[partner] with { Protocols = _records[partner].Protocols | wanted };
            }
            else
            {
                _records.Add(row with { Protocols = wanted });
                if (_records.Count - start > MaximumNamesPerPort || _records.Count >= ushort.MaxValue)
                {
                    throw TooMuch();
                }
            }
        }
    }

    private (byte[] Numbers, byte[] Text) Write(DateOnly asOf)
    {
        _text.Add((byte)'\n');
        foreach (var name in _records.Select(record => record.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            Line(name);
        }

        foreach (var document in _records.Select(record => record.Reference).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            Line(document);
        }

        var (starts, references, ports) = Slots();
        var named = ByName();
        var buckets = Buckets(named);
        var numbers =
            new byte[RegistryTable.NumbersLength(_records.Count, starts.Count - 1, references.Count, named.Count, buckets.Length)];
        var writer = new Writer(numbers, RegistryTable.HeaderSize);
        WritePages(ref writer, ports);
        for (var slot = 0; slot < starts.Count - 1; slot++)
        {
            var records = references[starts[slot]..starts[slot + 1]];
            writer.UInt32(ListingName(records, RegistryProtocols.Tcp));
            writer.UInt32(ListingName(records, RegistryProtocols.Udp));
        }

        _records.ForEach(record => writer.UInt32(PackedName(record.Name)));
        _records.ForEach(record => writer.UInt32(Line(record.Description)));
        _records.ForEach(record => writer.UInt32(Line(record.Reference)));
        _records.ForEach(record => writer.UInt16(record.Ports.First.Value));
        _records.ForEach(record => writer.UInt16(record.Ports.Last.Value));
        starts.ForEach(start => writer.UInt16(start));
        references.ForEach(reference => writer.UInt16(reference));
        named.ForEach(record => writer.UInt16(record));
        Array.ForEach(buckets, bucket => writer.UInt16(bucket));
        _records.ForEach(record => writer.Byte((byte)((byte)record.Protocols | ((byte)record.Status << 4))));

        byte[] text = [.. _text];
        var header = new Writer(numbers, 0);
        header.UInt64(RegistryTable.Magic);
        header.UInt32((int)RegistryTable.FormatVersion);
        header.UInt32(asOf.DayNumber);
        header.UInt32(_records.Count);
        header.UInt32(starts.Count - 1);
        header.UInt32(references.Count);
        header.UInt32(named.Count);
        header.UInt32(text.Length);
        header.UInt32(buckets.Length);
        header.UInt64(RegistryTableCheck.Checksum(numbers, text));
        return (numbers, text);
    }

    // For every port that has a record: its records, the narrowest range first, and in it the name for listings first.
    private (List<int> Starts, List<int> References, PortSet Ports) Slots()
    {
        if (_records.Sum(record => (long)record.Ports.Count) > ushort.MaxValue)
        {
            throw TooMuch();
        }

        var byPort = new Dictionary<int, List<int>>();
        var ports = new PortSet();
        for (var i = 0; i < _records.Count; i++)
        {
            var range = _records[i].Ports;
            ports.Add(range);
            for (var port = range.First.Value; ; port++)
            {
                if (!byPort.TryGetValue(port, out var list))
                {
                    byPort.Add(port, list = []);
                }

                list.Add(i);
                if (port == range.Last.Value)
                {
                    break;
                }
            }
        }

        var starts = new List<int> { 0 };
        var references = new List<int>();
        foreach (var port in ports)
        {
            references.AddRange(byPort[port.Value]
                .OrderBy(i => _records[i].Ports.Count)
                .ThenByDescending(i => ListingNames.IsPreferred(_records[i].Ports, _records[i].Name))
                .ThenBy(i => i));
            starts.Add(references.Count);
        }

        return (starts, references, ports);
    }

    private List<int> ByName() => [.. Enumerable.Range(0, _records.Count)
        .Where(i => _records[i].Name.Length > 0)
        .OrderBy(i => Encoding.UTF8.GetBytes(_records[i].Name), Comparer<byte[]>.Create((left, right) => RegistryText.Compare(left, right)))
        .ThenBy(i => i)];

    private int Line(string text)
    {
        if (_lines.TryGetValue(text, out var offset))
        {
            return offset;
        }

        offset = _text.Count;
        _lines.Add(text, offset);
        _text.AddRange(Encoding.UTF8.GetBytes(text));
        _text.Add((byte)'\n');
        return offset;
    }

    private static InvalidOperationException TooMuch()
        => new("some ports have too many entries: the file is not IANA's registry");

    private int PackedName(string name) => name.Length == 0 ? 0 : (Line(name) << 8) | Encoding.UTF8.GetByteCount(name);

    private int ListingName(List<int> records, RegistryProtocols protocol)
    {
        var first = records.FindIndex(i => (_records[i].Protocols & protocol) != 0 && _records[i].Name.Length > 0);
        return first < 0 ? 0 : PackedName(_records[records[first]].Name);
    }

    // The first of equal names stands for them: the others follow it in the order of names.
    private int[] Buckets(List<int> named)
    {
        var buckets = new int[RegistryTable.BucketsFor(named.Count)];
        for (var i = 0; i < named.Count; i++)
        {
            var name = Folded(named[i]);
            if (i > 0 && name.AsSpan().SequenceEqual(Folded(named[i - 1])))
            {
                continue;
            }

            var bucket = RegistryTable.Hash(name) & (buckets.Length - 1);
            while (buckets[bucket] != 0)
            {
                bucket = (bucket + 1) & (buckets.Length - 1);
            }

            buckets[bucket] = named[i] + 1;
        }

        return buckets;
    }

    private byte[] Folded(int record) => [.. Encoding.UTF8.GetBytes(_records[record].Name).Select(RegistryText.Fold)];

    private static void WritePages(ref Writer writer, PortSet ports)
    {
        var before = 0;
        for (var page = 0; page < RegistryTable.PageCount; page++)
        {
            var bits = 0UL;
            for (var bit = 0; bit < 64; bit++)
            {
                bits |= ports.Contains(new PortNumber((ushort)((page << 6) + bit))) ? 1UL << bit : 0;
            }

            writer.UInt64(bits);
            writer.UInt64((ulong)before);
            before += BitOperations.PopCount(bits);
        }
    }

    private struct Writer(byte[] buffer, int position)
    {
        private int _position = position;

        public void Byte(byte value) => buffer[_position++] = value;

        public void UInt16(int value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(_position), (ushort)value);
            _position += 2;
        }

        public void UInt32(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(_position), value);
            _position += 4;
        }

        public void UInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(_position), value);
            _position += 8;
        }
    }
}
