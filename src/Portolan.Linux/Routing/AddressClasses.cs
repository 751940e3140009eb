using System.Buffers.Binary;
using Portolan.Model;

namespace Portolan.Linux.Routing;

/// <summary>
/// Divides the addresses of a family into classes whose members the kernel treats alike. Its answer depends on a destination only through
/// the prefixes that hold it: those of the routes in all tables, of the rules, and of whatever else is named. Prefixes nest or are apart,
/// so the longest one that holds an address tells all the others, and one question for each class is enough, whatever rules and tables
/// there are.
/// </summary>
internal sealed class AddressClasses
{
    /// <summary>With more prefixes than these, a router's full table, asking for each address costs less.</summary>
    internal const int MaxPrefixes = 65_536;

    private readonly UInt128[] _starts;
    private readonly int[] _classes;
    private readonly bool[] _asksEach;

    private AddressClasses(UInt128[] starts, int[] classes, bool[] asksEach)
    {
        _starts = starts;
        _classes = classes;
        _asksEach = asksEach;
    }

    /// <summary>Makes classes.</summary>
    /// <param name="prefixes">Prefixes of one family, in any order, repeated ones allowed.</param>
    /// <param name="bits">Bits of an address: 32 or 128.</param>
    internal static AddressClasses Make(List<ClassPrefix> prefixes, int bits)
    {
        var sorted = prefixes.ToArray();
        Array.Sort(
            sorted,
            static (left, right) => left.Start != right.Start ? left.Start.CompareTo(right.Start) : left.Length.CompareTo(right.Length));
        var starts = new List<UInt128> { UInt128.Zero };
        var classes = new List<int> { 0 };
        var asksEach = new List<bool> { false };

        // Prefixes around the current place, from the widest to the narrowest; the whole family stands first.
        var around = new Stack<(UInt128 Last, int Class, int Length)>();
        around.Push((LastOf(UInt128.Zero, 0, bits), 0, -1));
        foreach (var prefix in sorted)
        {
            while (around.Peek().Last < prefix.Start)
            {
                Leave();
            }

            var parent = around.Peek();
            if (parent.Length == prefix.Length && starts[^1] == prefix.Start)
            {
                asksEach[parent.Class] |= prefix.AsksEach; // the same prefix again
                continue;
            }

            asksEach.Add(prefix.AsksEach || asksEach[parent.Class]);
            around.Push((LastOf(prefix.Start, prefix.Length, bits), asksEach.Count - 1, prefix.Length));
            Begin(prefix.Start, asksEach.Count - 1);
        }

        while (around.Count > 1)
        {
            Leave();
        }

        return new AddressClasses([.. starts], [.. classes], [.. asksEach]);

        void Leave()
        {
            var (last, _, _) = around.Pop();
            if (last != around.Peek().Last)
            {
                Begin(last + 1, around.Peek().Class);
            }
        }

        void Begin(UInt128 start, int number)
        {
            if (starts[^1] == start)
            {
                classes[^1] = number;
            }
            else
            {
                starts.Add(start);
                classes.Add(number);
            }
        }
    }

    /// <summary>The number of an address's class.</summary>
    /// <returns>−1 when each of its members must be asked for.</returns>
    internal int ClassOf(InternetAddress address)
    {
        var at = Array.BinarySearch(_starts, ClassPrefix.NumberOf(address));
        var number = _classes[at >= 0 ? at : ~at - 1];
        return _asksEach[number] ? -1 : number;
    }

    private static UInt128 LastOf(UInt128 start, int length, int bits) =>
        length == 0 ? UInt128.MaxValue >> (128 - bits) : start | ((UInt128.One << (bits - length)) - 1);
}

/// <summary>A prefix of one family.</summary>
/// <param name="Start">Its first address as a number.</param>
/// <param name="Length">Its bits.</param>
/// <param name="AsksEach">The kernel may treat its addresses differently (it balances between several ways), so none stands for
/// another.</param>
internal readonly record struct ClassPrefix(UInt128 Start, int Length, bool AsksEach)
{
    /// <summary>The prefix that holds an address; what is beyond its length does not count.</summary>
    internal static ClassPrefix Of(InternetAddress address, int length, bool asksEach)
    {
        var number = NumberOf(address);
        var rest = address.BitCount - length;
        return new ClassPrefix(length == 0 ? UInt128.Zero : number >> rest << rest, length, asksEach);
    }

    /// <summary>An address as a number: 32 bits for IPv4, else 128.</summary>
    internal static UInt128 NumberOf(InternetAddress address)
    {
        if (address.IsIPv4)
        {
            return address.IPv4Bits;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
