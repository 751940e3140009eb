namespace Portolan.Firewall.Rules.Reading;

/// <summary>Sees that a dump of a set told an element twice.</summary>
/// <remarks>
/// The kernel makes the hash table of a set larger or smaller in the background, after the transaction, so that no generation changes. A
/// dump takes several messages, each of which walks the table from its start and passes over as many elements as were told before
/// (nft_rhash_walk). When their order has changed, it tells some again and leaves as many others out; nothing in its messages says so, but
/// the repeated ones.
/// </remarks>
internal static class RepeatedElements
{
    /// <summary>Whether an element is there twice.</summary>
    internal static bool Any(List<KeptMessage> messages)
    {
        var seen = new HashSet<Identity>(Identities.Comparer);
        foreach (var message in messages)
        {
            AttributeSlots.TryRead(message.Attributes, out var attributes);
            var walk = new AttributeWalk(attributes.Bytes(SetElementDecoder.ListElements));
            while (walk.MoveNext())
            {
                // What is not understood is reported as missing elsewhere.
                if (AttributeSlots.TryRead(walk.Value, out var element)
                    && !seen.Add(IdentityOf(in element)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static Identity IdentityOf(in AttributeSlots element) =>
        new(element.Bytes(SetElementDecoder.Key), element.Bytes(SetElementDecoder.KeyEnd), element.UInt32OrZero(SetElementDecoder.Flags));

    /// <summary>What tells one element of a set from the others, as the kernel writes it.</summary>
    private readonly record struct Identity(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> KeyEnd, uint Flags);

    private sealed class Identities : IEqualityComparer<Identity>
    {
        internal static readonly Identities Comparer = new();

        public bool Equals(Identity x, Identity y) =>
            x.Flags == y.Flags && x.Key.Span.SequenceEqual(y.Key.Span) && x.KeyEnd.Span.SequenceEqual(y.KeyEnd.Span);

        public int GetHashCode(Identity identity)
        {
            var hash = default(HashCode);
            hash.AddBytes(identity.Key.Span);
            hash.AddBytes(identity.KeyEnd.Span);
            hash.Add(identity.Flags);
            return hash.ToHashCode();
        }
    }
}
