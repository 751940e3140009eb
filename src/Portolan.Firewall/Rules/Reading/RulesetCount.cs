using System.Globalization;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Counts what is read, against a limit.</summary>
/// <remarks>One thread.</remarks>
internal sealed class RulesetCount(RulesetLimit limit)
{
    private int _rules;
    private int _elements;
    private int _elementsBefore;

    /// <summary>The elements of a set are read; those of an earlier walk over it do not count.</summary>
    /// <param name="isAgain">Whether they were read before.</param>
    internal void BeginElements(bool isAgain) => _elementsBefore = _elements = isAgain ? _elementsBefore : _elements;

    /// <summary>A message came.</summary>
    /// <exception cref="RulesetLimitException">It is one too many.</exception>
    internal void Add(ushort type, ReadOnlyMemory<byte> attributes)
    {
        if (type == NetfilterHeader.Type(NetfilterMessage.NewRule) && ++_rules > limit.Rules)
        {
            throw new RulesetLimitException(string.Create(CultureInfo.InvariantCulture, $"more than {limit.Rules:N0} rules"));
        }

        if (type == NetfilterHeader.Type(NetfilterMessage.NewElement) && AttributeSlots.TryRead(attributes, out var slots))
        {
            var walk = new AttributeWalk(slots.Bytes(SetElementDecoder.ListElements));
            while (walk.MoveNext())
            {
                _elements++;
            }

            if (_elements > limit.Elements)
            {
                throw new RulesetLimitException(string.Create(
                    CultureInfo.InvariantCulture, $"more than {limit.Elements:N0} elements of sets"));
            }
        }
    }
}
