namespace Portolan.Firewall.Rules.Reading;

/// <summary>Names as strings, each made once: thousands of rules name the same few chains and sets.</summary>
/// <remarks>One thread. Names that differ in bytes differ as strings, also where they are not UTF-8.</remarks>
internal sealed class NamePool
{
    /// <summary>Longer text is hardly ever repeated.</summary>
    private const int LongestPooled = 64;

    private readonly Dictionary<int, Entry> _entries = [];

    /// <summary>The name that the bytes spell; a zero ends it.</summary>
    internal string Get(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var name = end < 0 ? bytes : bytes[..end];
        if (name.Length > LongestPooled)
        {
            return KernelText.Read(name);
        }

        var hash = new HashCode();
        hash.AddBytes(name);
        var key = hash.ToHashCode();
        _entries.TryGetValue(key, out var first);
        for (var entry = first; entry is not null; entry = entry.Next)
        {
            if (name.SequenceEqual(entry.Bytes))
            {
                return entry.Name;
            }
        }

        var added = new Entry(name.ToArray(), KernelText.Read(name), first);
        _entries[key] = added;
        return added.Name;
    }

    private sealed class Entry(byte[] bytes, string name, Entry? next)
    {
        internal byte[] Bytes => bytes;

        internal string Name => name;

        internal Entry? Next => next;
    }
}
