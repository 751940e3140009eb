using System.Runtime.InteropServices;

namespace Portolan.Scan.Targets;

/// <summary>Words for addresses and ranges of IPv4 without names and patterns, 16 bytes each: lists of a million fit.</summary>
/// <remarks>
/// Numbered from 0 in the order of their addresses once <see cref="Sort"/> was called; words for the same addresses follow each other, the
/// first one first.
/// </remarks>
internal sealed class PlainTargets
{
    private readonly List<Entry> _entries = [];
    private bool _isSorted = true;

    /// <summary>How many words.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds a word.</summary>
    /// <param name="word">Its number among the words; negative for an exclude.</param>
    /// <param name="first">The first address.</param>
    /// <param name="last">The last address.</param>
    /// <param name="ports">Its ports, by number of a <see cref="PortPool"/>.</param>
    public void Add(int word, uint first, uint last, int ports)
    {
        _entries.Add(new Entry(first, last, word, ports));
        _isSorted = false;
    }

    /// <summary>Sorts them, and leaves out what says the same twice.</summary>
    public void Sort()
    {
        if (_isSorted)
        {
            return;
        }

        _isSorted = true;
        var entries = CollectionsMarshal.AsSpan(_entries);
        entries.Sort(Compare);
        var kept = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            if (kept == 0 || !entries[kept - 1].SaysAsMuchAs(entries[i]))
            {
                entries[kept++] = entries[i];
            }
        }

        _entries.RemoveRange(kept, _entries.Count - kept);
    }

    /// <summary>The number of the first word after one that has other addresses.</summary>
    public int EndOf(int number)
    {
        var (first, last) = (_entries[number].First, _entries[number].Last);
        while (++number < _entries.Count && _entries[number].First == first && _entries[number].Last == last)
        {
        }

        return number;
    }

    /// <summary>The addresses of a word.</summary>
    public (uint First, uint Last) AddressesAt(int number) => (_entries[number].First, _entries[number].Last);

    /// <summary>The <see cref="TargetItem.Order"/> of a word.</summary>
    /// <param name="number">Its number here.</param>
    /// <param name="ordersPerWord">What its number among the words is multiplied by.</param>
    public long OrderAt(int number, long ordersPerWord) =>
        _entries[number].Word < 0 ? TargetItem.Excluded : _entries[number].Word * ordersPerWord;

    /// <summary>The ports of a word.</summary>
    public int PortsAt(int number) => _entries[number].Ports;

    private static int Compare(Entry left, Entry right) =>
        left.First != right.First ? left.First.CompareTo(right.First)
        : left.Last != right.Last ? left.Last.CompareTo(right.Last)
        : left.Word < 0 != right.Word < 0 ? left.Word.CompareTo(right.Word)
        : left.Ports != right.Ports ? left.Ports.CompareTo(right.Ports)
        : left.Word.CompareTo(right.Word);

    private readonly record struct Entry(uint First, uint Last, int Word, int Ports)
    {
        /// <summary>The same addresses and ports, and a target or an exclude as well.</summary>
        public bool SaysAsMuchAs(Entry other) =>
            First == other.First && Last == other.Last && Ports == other.Ports && Word < 0 == other.Word < 0;
    }
}
