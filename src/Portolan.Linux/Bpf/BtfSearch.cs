namespace Portolan.Linux.Bpf;

/// <summary>Looks up numbers and places in the kernel's BTF, and notes the first that is not there.</summary>
internal ref struct BtfSearch
{
    private readonly BtfReader _reader;

    internal BtfSearch(BtfReader reader)
    {
        _reader = reader;
        Missing = "";
    }

    /// <summary>The first thing that was not found, or nothing.</summary>
    internal string Missing { get; private set; }

    internal uint Number(in BtfQuery query, string name)
    {
        Note(query.Id != 0, name);
        return query.Id;
    }

    internal int Find(in BtfQuery structure, ReadOnlySpan<byte> member, string name)
    {
        var found = _reader.TryFindMember(structure, member, out var offset);
        Note(found, name);
        return offset;
    }

    internal readonly int FindOptional(in BtfQuery structure, ReadOnlySpan<byte> member) =>
        _reader.TryFindMember(structure, member, out var offset) ? offset : -1;

    private void Note(bool found, string name) => Missing = found || Missing.Length > 0 ? Missing : name;
}
