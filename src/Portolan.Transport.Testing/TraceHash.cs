using System.Runtime.InteropServices;

namespace Portolan.Transport.Testing;

/// <summary>
/// A running hash of all that happens in a world: equal for equal seeds, or something in it depends on more than the seed.
/// </summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x0000_0100_0000_01b3;

    internal ulong Value { get; private set; } = 0xcbf2_9ce4_8422_2325;

    internal void Add(ulong value)
    {
        var mixed = (Value ^ value) * Prime;
        Value = mixed ^ (mixed >> 29);
    }

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        Add((ulong)bytes.Length);
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            Add(word);
        }

        foreach (var last in bytes[(bytes.Length & ~7)..])
        {
            Add(last);
        }
    }
}
