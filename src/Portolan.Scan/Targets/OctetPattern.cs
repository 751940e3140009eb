namespace Portolan.Scan.Targets;

/// <summary>
/// IPv4 addresses of which every octet is chosen from a set: nmap's <c>10.0.0,1,3-7.-</c>. Members are found by number, never listed.
/// </summary>
/// <remarks>
/// Members are numbered in the order of their addresses, so the members within any range of addresses have numbers that follow each other.
/// Immutable.
/// </remarks>
internal sealed class OctetPattern
{
    private readonly byte[][] _octets;

    /// <summary>Takes four sets, first octet first; none may be empty.</summary>
    public OctetPattern(OctetSet first, OctetSet second, OctetSet third, OctetSet fourth)
    {
        _octets = [first.ToArray(), second.ToArray(), third.ToArray(), fourth.ToArray()];
        Count = 1;
        foreach (var octet in _octets)
        {
            Count *= (ulong)octet.Length;
        }

        First = At(0);
        Last = At(Count - 1);
        RangeCount = CountRanges();
    }

    /// <summary>How many addresses, 1 to 2^32.</summary>
    public ulong Count { get; }

    /// <summary>The lowest address.</summary>
    public uint First { get; }

    /// <summary>The highest address.</summary>
    public uint Last { get; }

    /// <summary>How many ranges of addresses without a gap the members make, at most.</summary>
    public ulong RangeCount { get; }

    /// <summary>The octets that one of the four places may have, ascending.</summary>
    public ReadOnlySpan<byte> OctetsAt(int place) => _octets[place];

    /// <summary>The member with a number below <see cref="Count"/>.</summary>
    public uint At(ulong number)
    {
        uint address = 0;
        for (var i = 3; i >= 0; i--)
        {
            var octet = _octets[i];
            (number, var at) = Math.DivRem(number, (ulong)octet.Length);
            address |= (uint)octet[at] << (24 - (8 * i));
        }

        return address;
    }

    /// <summary>How many members are below an address, which is also the number of the first member at or above it.</summary>
    public ulong CountBelow(uint address)
    {
        ulong count = 0;
        for (var i = 0; i < 4; i++)
        {
            var octet = _octets[i];
            var found = Array.BinarySearch(octet, (byte)(address >> (24 - (8 * i))));
            count = (count * (ulong)octet.Length) + (ulong)(found < 0 ? ~found : found);
            if (found < 0)
            {
                // From here on nothing is equal any more: all members with a smaller prefix, whatever follows.
                for (var j = i + 1; j < 4; j++)
                {
                    count *= (ulong)_octets[j].Length;
                }

                return count;
            }
        }

        return count;
    }

    /// <summary>Whether an address is a member.</summary>
    public bool Contains(uint address)
    {
        var number = CountBelow(address);
        return number < Count && At(number) == address;
    }

    /// <summary>The members of both, or <c>null</c> when there are none.</summary>
    public OctetPattern? Intersect(OctetPattern other)
    {
        Span<OctetSet> both = stackalloc OctetSet[4];
        for (var i = 0; i < 4; i++)
        {
            both[i] = default;
            foreach (var octet in _octets[i])
            {
                if (Array.BinarySearch(other._octets[i], octet) >= 0)
                {
                    both[i].Add(octet, octet);
                }
            }

            if (both[i].IsEmpty)
            {
                return null;
            }
        }

        return new OctetPattern(both[0], both[1], both[2], both[3]);
    }

    /// <summary>The last member of the range without a gap that begins at a member; both given and returned by number.</summary>
    public ulong EndOfRange(ulong number)
    {
        var block = FullTail();

        // Whole blocks of full octets, one after another as long as the octet before them counts on by one.
        var digit = _octets[3 - TailOctets()];
        var at = (int)(number / block % (ulong)digit.Length);
        var first = (number / block) - (ulong)at;
        while (at + 1 < digit.Length && digit[at + 1] == digit[at] + 1)
        {
            at++;
        }

        return ((first + (ulong)at + 1) * block) - 1;
    }

    // How many octets at the end are full, at most three.
    private int TailOctets()
    {
        var tail = 0;
        while (tail < 3 && _octets[3 - tail].Length == 256)
        {
            tail++;
        }

        return tail;
    }

    private ulong FullTail() => 1UL << (8 * TailOctets());

    private ulong CountRanges()
    {
        var last = 3 - TailOctets();
        var digit = _octets[last];
        ulong count = 1;
        for (var i = 1; i < digit.Length; i++)
        {
            count += digit[i] == digit[i - 1] + 1 ? 0UL : 1UL;
        }

        for (var i = 0; i < last; i++)
        {
            count *= (ulong)_octets[i].Length;
        }

        return count;
    }
}
