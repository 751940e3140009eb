using System.Numerics;

namespace Portolan.Model;

/// <summary>A set of ports: 65,536 bits in 1,024 words (8 KiB), whatever it holds.</summary>
/// <remarks>
/// Mutable, and not safe to change while another thread reads it. The operators and <see cref="Clone"/> return new sets.
/// Port 0 is an ordinary member: it is in <see cref="All"/> and in a complement, because a set says nothing about what a port is
/// for. Only the list grammar (<see cref="Parse(string)"/>) leaves it out of open ends, as nmap does: <c>-100</c> is 1–100.
/// </remarks>
public sealed partial class PortSet : IEquatable<PortSet>
{
    private const int WordCount = PortNumber.Count / 64;
    private readonly ulong[] _words = new ulong[WordCount];

    /// <summary>Makes an empty set.</summary>
    public PortSet()
    {
    }

    /// <summary>Makes the set of a range's ports.</summary>
    public PortSet(PortRange range) => Add(range);

    /// <summary>Makes the set of these ports.</summary>
    public PortSet(params ReadOnlySpan<PortNumber> ports)
    {
        foreach (var port in ports)
        {
            Add(port);
        }
    }

    /// <summary>A new set of every port, 0–65535.</summary>
    public static PortSet All() => new(PortRange.All);

    /// <summary>How many ports are in the set, 0–65536. Counts the bits: about a quarter of a microsecond.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>Whether no port is in the set.</summary>
    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    /// <summary>Whether the port is in the set.</summary>
    public bool Contains(PortNumber port) => (_words[port.Value >> 6] & (1UL << port.Value)) != 0;

    /// <summary>Adds a port; <c>false</c> when it was there.</summary>
    public bool Add(PortNumber port)
    {
        ref var word = ref _words[port.Value >> 6];
        var before = word;
        word |= 1UL << port.Value;
        return word != before;
    }

    /// <summary>Adds every port of a range.</summary>
    public void Add(PortRange range) => Fill(range, present: true);

    /// <summary>Removes a port; <c>false</c> when it was not there.</summary>
    public bool Remove(PortNumber port)
    {
        ref var word = ref _words[port.Value >> 6];
        var before = word;
        word &= ~(1UL << port.Value);
        return word != before;
    }

    /// <summary>Removes every port of a range.</summary>
    public void Remove(PortRange range) => Fill(range, present: false);

    /// <summary>How many of the range's ports are in the set.</summary>
    public int CountIn(PortRange range)
    {
        var (firstWord, lastWord) = (range.First.Value >> 6, range.Last.Value >> 6);
        var count = 0;
        for (var i = firstWord; i <= lastWord; i++)
        {
            count += BitOperations.PopCount(_words[i] & Mask(range, i, firstWord, lastWord));
        }

        return count;
    }

    /// <summary>Adds every port of another set.</summary>
    public void UnionWith(PortSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < WordCount; i++)
        {
            _words[i] |= other._words[i];
        }
    }

    /// <summary>Keeps only the ports that are also in another set.</summary>
    public void IntersectWith(PortSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < WordCount; i++)
        {
            _words[i] &= other._words[i];
        }
    }

    /// <summary>Removes every port of another set.</summary>
    public void ExceptWith(PortSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < WordCount; i++)
        {
            _words[i] &= ~other._words[i];
        }
    }

    /// <summary>The ports of either set, as a new set.</summary>
    public PortSet Union(PortSet other)
    {
        var result = Clone();
        result.UnionWith(other);
        return result;
    }

    /// <summary>The ports of both sets, as a new set.</summary>
    public PortSet Intersect(PortSet other)
    {
        var result = Clone();
        result.IntersectWith(other);
        return result;
    }

    /// <summary>The ports of this set that are not in the other, as a new set.</summary>
    public PortSet Except(PortSet other)
    {
        var result = Clone();
        result.ExceptWith(other);
        return result;
    }

    /// <summary>Every port of 0–65535 that is not in this set, as a new set.</summary>
    public PortSet Complement()
    {
        var result = new PortSet();
        for (var i = 0; i < WordCount; i++)
        {
            result._words[i] = ~_words[i];
        }

        return result;
    }

    /// <summary>Whether every port of this set is also in the other.</summary>
    public bool IsSubsetOf(PortSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < WordCount; i++)
        {
            if ((_words[i] & ~other._words[i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the sets share a port.</summary>
    public bool Overlaps(PortSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < WordCount; i++)
        {
            if ((_words[i] & other._words[i]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A copy that shares nothing with this set.</summary>
    public PortSet Clone()
    {
        var result = new PortSet();
        _words.CopyTo(result._words, 0);
        return result;
    }

    /// <inheritdoc/>
    public bool Equals(PortSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PortSet);

    /// <summary>A hash of the contents: do not change a set that is a key of a dictionary.</summary>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_words.AsSpan()));
        return hash.ToHashCode();
    }

    /// <summary><see cref="Union"/>.</summary>
    public static PortSet operator |(PortSet left, PortSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Union(right);
    }

    /// <summary><see cref="Intersect"/>.</summary>
    public static PortSet operator &(PortSet left, PortSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Intersect(right);
    }

    /// <summary><see cref="Except"/>.</summary>
    public static PortSet operator -(PortSet left, PortSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Except(right);
    }

    /// <summary><see cref="Complement"/>.</summary>
    public static PortSet operator ~(PortSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set.Complement();
    }

    /// <summary>Whether both hold the same ports.</summary>
    public static bool operator ==(PortSet? left, PortSet? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they hold different ports.</summary>
    public static bool operator !=(PortSet? left, PortSet? right) => !(left == right);

    private void Fill(PortRange range, bool present)
    {
        var (firstWord, lastWord) = (range.First.Value >> 6, range.Last.Value >> 6);
        for (var i = firstWord; i <= lastWord; i++)
        {
            var mask = Mask(range, i, firstWord, lastWord);
            _words[i] = present ? _words[i] | mask : _words[i] & ~mask;
        }
    }

    // The bits of word i that lie in the range. A shift by 0–63 takes only the low six bits of the count.
    private static ulong Mask(PortRange range, int i, int firstWord, int lastWord)
    {
        var mask = ulong.MaxValue;
        if (i == firstWord)
        {
            mask &= ulong.MaxValue << range.First.Value;
        }

        if (i == lastWord)
        {
            mask &= ulong.MaxValue >> (63 - (range.Last.Value & 63));
        }

        return mask;
    }
}
