using System.Buffers.Binary;
using System.Numerics;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// Reads what <see cref="ForwardTable"/> has written. A table of that name may be anybody's: what is not as forwards write it is passed
/// over.
/// </summary>
internal sealed class ForwardTableReader
{
    private readonly RuleTable _table;
    private readonly Dictionary<string, RuleChain> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ElementSet> _sets = new(StringComparer.Ordinal);

    public ForwardTableReader(RuleTable table)
    {
        _table = table;
        foreach (var chain in table.Chains)
        {
            _chains.TryAdd(chain.Name, chain);
        }

        foreach (var set in table.Sets)
        {
            _sets.TryAdd(set.Name, set);
        }
    }

    /// <summary>The forwards, in the order in which they were asked for.</summary>
    public IReadOnlyList<WorkingForward> Read()
    {
        var found = new SortedDictionary<int, WorkingForward>();
        foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            if (!_sets.TryGetValue(ForwardTable.PortMap(protocol), out var ports))
            {
                continue;
            }

            foreach (var element in ports.Elements)
            {
                if (element is { Key.Length: sizeof(ushort), Extra.Verdict.Chain: { } name } && _chains.TryGetValue(name, out var chain))
                {
                    ReadPort(protocol, new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(element.Key.Span)), chain, found);
                }
            }
        }

        return [.. found.Values];
    }

    private void ReadPort(TransportProtocol protocol, PortNumber port, RuleChain chain, SortedDictionary<int, WorkingForward> found)
    {
        foreach (var rules in chain.Rules.ToLookup(Goal))
        {
            if (ForwardTable.NumberOf(rules.Key) is not { } number || !_chains.TryGetValue(rules.Key, out var goal))
            {
                continue;
            }

            var address = AddressOf(protocol, port, ForwardTable.Up(number));
            IReadOnlyList<KernelTarget> targets = [.. goal.Rules.SelectMany(r => TranslationTargets.Of(_table, r))];
            var forward = new KernelForward(protocol, port)
            {
                Address = address,
                Sources = [.. rules.Select(r => SourceOf(r, address is not null)).OfType<AddressPrefix>()],
                Targets = targets,
                NewPerSecond = goal.Rules.SelectMany(static r => r.Expressions).OfType<LimitExpression>().Select(static l => (uint?)l.Rate)
                    .FirstOrDefault(),
                KeepsSource = targets.Any(t => !IsMasqueraded(protocol, t)),
            };
            found.TryAdd(
                number,
                new WorkingForward(
                    forward, new RuleReference(_table, goal, goal.Rules.FirstOrDefault(r => TranslationTargets.Of(_table, r).Count > 0))));
        }
    }

    private static string Goal(Rule rule) =>
        rule.Expressions is [.., ImmediateExpression { Verdict: { Kind: VerdictKind.Goto, Chain: { } chain } }] ? chain : "";

    // The rules that count name the address alone.
    private InternetAddress? AddressOf(TransportProtocol protocol, PortNumber port, string counter)
    {
        if (!_chains.TryGetValue(ForwardTable.TrafficChain((protocol, port)), out var chain)
            || chain.Rules.FirstOrDefault(
                r => r.Expressions.Any(e => e is ObjectReferenceExpression { Name: { } name } && name == counter)) is not { } rule)
        {
            return null;
        }

        return Comparisons(rule).Select(c => c switch
        {
            (ConnectionTrackingExpression { Key: ConnectionKey.DestinationIpv4 or ConnectionKey.DestinationIpv6 }, _,
                {
                    Length: 4
                or 16
                } bytes) => InternetAddress.FromBytes(bytes.Span),
            _ => FamilyOf(c) is { } isIPv4 ? isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6 : (InternetAddress?)null,
        }).FirstOrDefault(a => a is not null);
    }

    /// <summary>The senders that a rule is for; <c>null</c> for all.</summary>
    private static AddressPrefix? SourceOf(Rule rule, bool isForOneFamily)
    {
        bool? family = null;
        foreach (var comparison in Comparisons(rule))
        {
            family ??= FamilyOf(comparison);
            if (family is { } isIPv4
                && comparison is (PayloadExpression { Base: PayloadBase.Network } payload, var mask, var value)
                && payload.Offset == (isIPv4 ? 12 : 8)
                && value.Length <= (isIPv4 ? 4 : 16))
            {
                var bytes = new byte[isIPv4 ? 4 : 16];
                value.Span.CopyTo(bytes);
                return AddressPrefix.Of(
                    InternetAddress.FromBytes(bytes),
                    mask.IsEmpty ? value.Length * 8 : mask.Span.ToArray().Sum(static b => BitOperations.PopCount(b)));
            }
        }

        return family is { } only && !isForOneFamily ? AddressPrefix.Of(only ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, 0) : null;
    }

    private bool IsMasqueraded(TransportProtocol protocol, KernelTarget target)
    {
        var key = ForwardTable.TargetKey(target.Address, protocol, target.Port);
        return _sets.TryGetValue(ForwardTable.TargetSet(target.Address.IsIPv4), out var set)
            && set.Elements.Any(e => e.Key.Span.SequenceEqual(key));
    }

    private static bool? FamilyOf((Expression Loaded, ReadOnlyMemory<byte> Mask, ReadOnlyMemory<byte> Value) comparison) =>
        comparison is (MetaExpression { Key: MetaKey.NetfilterProtocol }, _, { Length: 1 } family)
            ? (RuleFamily)family.Span[0] switch
            {
                RuleFamily.Ip => true,
                RuleFamily.Ip6 => false,
                _ => null,
            }
            : null;

    /// <summary>What a rule loads and compares for equality, with the mask between.</summary>
    private static IEnumerable<(Expression Loaded, ReadOnlyMemory<byte> Mask, ReadOnlyMemory<byte> Value)> Comparisons(Rule rule)
    {
        Expression? loaded = null;
        ReadOnlyMemory<byte> mask = default;
        foreach (var expression in rule.Expressions)
        {
            switch (expression)
            {
                case PayloadExpression or MetaExpression or ConnectionTrackingExpression:
                    (loaded, mask) = (expression, default);
                    break;
                case BitwiseExpression bitwise:
                    mask = bitwise.Mask;
                    break;
                case CompareExpression { Operation: CompareOperation.Equal } compare when loaded is not null:
                    yield return (loaded, mask, compare.Data);
                    loaded = null;
                    break;
            }
        }
    }
}
