using System.Runtime.InteropServices;

namespace Portolan.Firewall.Intervals;

/// <summary>
/// Lets sets that were made apart and are mostly alike hold the same chunks: the senders that each of a thousand links expects differ in
/// one network.
/// </summary>
/// <remarks>Keeps what it has seen. Not for several threads at once.</remarks>
public sealed class IntervalPool
{
    private readonly Dictionary<(UInt128 First, UInt128 Last, int Length, double Size), IntervalChunk> _chunks = [];

    /// <summary>The same set, in memory that others share.</summary>
    public IntervalSet Share(IntervalSet set) => set.Pooled(this);

    // Of chunks that are alike from outside and not inside the last one counts.
    internal IntervalChunk Share(IntervalChunk chunk)
    {
        ref var known =
            ref CollectionsMarshal.GetValueRefOrAddDefault(_chunks, (chunk.First, chunk.Last, chunk.Length, chunk.Size), out var isKnown);
        if (!isKnown || !MemoryMarshal.AsBytes(known!.Items.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(chunk.Items.AsSpan())))
        {
            known = chunk;
        }

        return known;
    }
}
