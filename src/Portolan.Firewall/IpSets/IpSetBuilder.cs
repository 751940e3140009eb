using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.IpSets;

/// <summary>Puts the messages of a listing together: a set's first says what it is, all carry elements.</summary>
/// <param name="isComplete">Whether all messages came; else no set is known to be whole.</param>
internal sealed class IpSetBuilder(bool isComplete = true)
{
    private const int Name = 2; // IPSET_ATTR_SETNAME
    private const int TypeName = 3; // IPSET_ATTR_TYPENAME
    private const int Family = 5; // IPSET_ATTR_FAMILY
    private const int Header = 7; // IPSET_ATTR_DATA
    private const int Elements = 8; // IPSET_ATTR_ADT
    private const int Index = 11; // IPSET_ATTR_INDEX
    private const int NetMask = 20; // IPSET_ATTR_NETMASK
    private const int BitMask = 27; // IPSET_ATTR_BITMASK, since Linux 6.2
    private const int SetNameOfElement = 18; // IPSET_ATTR_NAME

    private readonly NamePool _names = new();
    private readonly List<OpenSet> _sets = [];
    private readonly Dictionary<string, OpenSet> _byName = new(StringComparer.Ordinal);
    private bool _isDamaged;

    /// <summary>Adds a message.</summary>
    internal void Add(KeptMessage message)
    {
        if (!AttributeSlots.TryRead(message.Attributes, out var attributes) || !attributes.Has(Name))
        {
            _isDamaged = true;
            return;
        }

        var name = _names.Get(attributes.Span(Name));
        if (attributes.Has(TypeName))
        {
            Open(name, in attributes);
        }

        if (!_byName.TryGetValue(name, out var set))
        {
            _isDamaged = true;
            return;
        }

        AddElements(set, attributes.Bytes(Elements));
    }

    /// <summary>The sets.</summary>
    internal IReadOnlyList<IpSet> Build(List<MissingFact> missing)
    {
        if (_isDamaged)
        {
            missing.Add(
                new MissingFact(MissingFactCode.IpSetsNotUnderstood, "some sets of ipset", "the kernel's answer has an unknown format")
                {
                    IsNarrow = true,
                });
        }

        var sets = new IpSet[_sets.Count];
        for (var index = 0; index < sets.Length; index++)
        {
            var set = _sets[index];
            if (set.Elements is null)
            {
                missing.Add(
                    new MissingFact(
                        MissingFactCode.IpSetElements, $"the elements of the ipset {set.Set.Name}",
                        $"their type is not supported: {set.Set.TypeName}")
                    { IsNarrow = true });
            }

            // A message that is not understood may be any set's.
            var isWhole = isComplete && !_isDamaged;
            sets[index] = set.Set with { Elements = isWhole ? set.Elements?.ToArray() : null, Members = [.. set.Members] };
        }

        return sets;
    }

    private void Open(string name, in AttributeSlots attributes)
    {
        attributes.TryByte(Family, out var family);
        var type = _names.Get(attributes.Span(TypeName));
        var set = new IpSet(name, attributes.TryUInt16(Index, out var index) ? index : null, type, (RuleFamily)family == RuleFamily.Ip)
        {
            Family = (RuleFamily)family,
        };

        // A mask of bits that is not a prefix length would need another kind of element.
        var isHeaderKnown = AttributeSlots.TryRead(attributes.Bytes(Header), out var header);
        byte prefix = 0;
        var parts = isHeaderKnown && !(header.Has(BitMask) && !header.Has(NetMask)) ? IpSetTypes.PartsOf(type) : null;
        if (isHeaderKnown)
        {
            header.TryByte(NetMask, out prefix);
        }

        var open = new OpenSet(set, parts ?? IpSetParts.None, prefix) { Elements = parts is null ? null : [] };
        if (_byName.TryAdd(name, open))
        {
            _sets.Add(open);
        }
    }

    private void AddElements(OpenSet set, ReadOnlyMemory<byte> list)
    {
        var walk = new AttributeWalk(list);
        while (walk.MoveNext() && set.Elements is not null)
        {
            if (!AttributeSlots.TryRead(walk.Value, out var element))
            {
                set.Elements = null;
            }
            else if (set.Parts == IpSetParts.Set)
            {
                set.Members.Add(_names.Get(element.Span(SetNameOfElement)));
            }
            else if (IpSetElementDecoder.Decode(in element, set.Parts, set.PrefixLength, _names) is { } decoded)
            {
                set.Elements.Add(decoded);
            }
            else
            {
                set.Elements = null;
            }
        }

        if (walk.IsMalformed)
        {
            set.Elements = null;
        }
    }

    /// <summary>A set whose elements are being read.</summary>
    private sealed class OpenSet(IpSet set, IpSetParts parts, byte prefixLength)
    {
        internal IpSet Set => set;

        internal IpSetParts Parts => parts;

        /// <summary>Prefix length of all addresses of the set (netmask); 0 for whole addresses.</summary>
        internal byte PrefixLength => prefixLength;

        internal List<IpSetElement>? Elements { get; set; }

        internal List<string> Members { get; } = [];
    }
}
