using System.Globalization;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>Loads rules that were read from one kernel into another namespace, from the attributes of the kernel's own messages.</summary>
/// <remarks>
/// Handles are the new namespace's own; all else stays, counts and the contents of dynamic sets too. Tables that were a program's own are
/// nobody's. Sent in several batches, as without privilege only some 400 KB fit into one. One thread, one use.
/// </remarks>
public sealed class RulesetLoader
{
    /// <summary>A batch is sent when it is longer. The smallest limit there is by default is 425,952 bytes.</summary>
    private const int BatchBytes = 150_000;

    /// <summary>Elements of one message: an attribute has at most 65,535 bytes.</summary>
    private const int ElementBytes = 32_000;

    private const int ChainFlags = 10;
    private const uint KeptChainFlags = 1; // a base chain; hardware offload and chains bound to a rule are for live systems
    private const int SetId = 10;
    private const int ListTable = 1;
    private const int ListSet = 2;
    private const int ListElements = 3;
    private const int ListElement = 1; // NFTA_LIST_ELEM
    private const int RuleExpressions = 4;
    private const int RuleCompat = 5;
    private const int CompatProtocol = 1;
    private const int CompatFlags = 2;
    private const uint CompatInverted = 2;

    private static readonly KeptAttributes TableAttributes = new(1, 6); // name, user data
    private static readonly KeptAttributes ChainAttributes = new(1, 3, 4, 5, 7, 12); // table, name, hook, policy, type, user data
    private static readonly KeptAttributes SetAttributes = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 17, 18);
    private static readonly KeptAttributes ElementAttributes = new(1, 2, 3, 4, 5, 6, 7, 9, 10, 11);
    private static readonly KeptAttributes IntervalEndAttributes = new(1, 3); // anything else is refused with it (nft_add_set_elem)
    private static readonly KeptAttributes ObjectAttributes = new(1, 2, 3, 4, 8); // table, name, type, data, user data
    private static readonly KeptAttributes FlowtableAttributes = new(1, 2, 3, 7); // table, name, hook, flags
    private static readonly KeptAttributes RuleAttributes = new(1, 2, 7); // table, chain, user data

    private readonly INetlinkChannel _channel;
    private readonly List<string> _problems = [];
    private NetfilterBatch _batch = new();
    private uint _nextSet;

    private readonly CancellationToken _cancellationToken;

    private RulesetLoader(INetlinkChannel channel, CancellationToken cancellationToken) =>
        (_channel, _cancellationToken) = (channel, cancellationToken);

    /// <summary>Loads the tables of nftables; those of x_tables are left out.</summary>
    /// <param name="channel">To netfilter, in the namespace that gets the rules.</param>
    /// <param name="ruleset">The rules.</param>
    /// <param name="cancellationToken">Ends it between two batches.</param>
    /// <returns>What could not be loaded, and why; empty when all is loaded.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<string> Load(INetlinkChannel channel, Ruleset ruleset, CancellationToken cancellationToken = default)
    {
        var loader = new RulesetLoader(channel, cancellationToken);
        foreach (var table in ruleset.Tables.Where(static table => !table.IsLegacy))
        {
            loader.AddTable(table);
        }

        loader.Send();
        return loader._problems;
    }

    private void AddTable(RuleTable table)
    {
        var family = (byte)table.Family;
        var writer = _batch.Begin(NetfilterMessage.NewTable, family, NetlinkFlags.Create, $"table {Name(table)}");
        TableAttributes.Copy(writer, table.Attributes);
        writer.BigEndian32(2, (uint)(table.Flags & TableFlags.Dormant));
        foreach (var chain in table.Chains)
        {
            writer = _batch.Begin(NetfilterMessage.NewChain, family, NetlinkFlags.Create, $"chain {Name(table)} {chain.Name}");
            ChainAttributes.Copy(writer, chain.Attributes);
            if ((chain.Flags & KeptChainFlags) != 0)
            {
                writer.BigEndian32(ChainFlags, chain.Flags & KeptChainFlags);
            }
        }

        foreach (var item in table.Objects)
        {
            ObjectAttributes.Copy(
                _batch.Begin(NetfilterMessage.NewObject, family, NetlinkFlags.Create, $"object {Name(table)} {item.Name}"),
                item.Attributes);
        }

        foreach (var flowtable in table.Flowtables)
        {
            FlowtableAttributes.Copy(
                _batch.Begin(NetfilterMessage.NewFlowtable, family, NetlinkFlags.Create, $"flowtable {Name(table)} {flowtable.Name}"),
                flowtable.Attributes);
        }

        // An anonymous set lives only in a transaction with the rule that uses it.
        var anonymous = new Dictionary<string, ElementSet>(StringComparer.Ordinal);
        foreach (var set in table.Sets)
        {
            if ((set.Flags & SetFlags.Anonymous) != 0)
            {
                anonymous[set.Name] = set;
            }
            else
            {
                AddSet(table, set);
            }
        }

        foreach (var set in table.Sets.Where(static set => (set.Flags & SetFlags.Anonymous) == 0))
        {
            AddElements(table, set, maySend: true);
        }

        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                SendWhenLong();
                AddAnonymous(table, rule.Expressions, anonymous);
                AddRule(table, chain, rule);
            }
        }
    }

    private void AddSet(RuleTable table, ElementSet set)
    {
        var writer = _batch.Begin(NetfilterMessage.NewSet, (byte)table.Family, NetlinkFlags.Create, $"set {Name(table)} {set.Name}");
        SetAttributes.Copy(writer, set.Attributes);
        writer.BigEndian32(SetId, ++_nextSet);
    }

    private void AddElements(RuleTable table, ElementSet set, bool maySend)
    {
        if (set.IsPartial)
        {
            _problems.Add($"the elements of set {Name(table)} {set.Name} could not all be read");
        }

        var elements = ElementOrder.Of(set);
        for (var next = 0; next < elements.Count;)
        {
            if (maySend)
            {
                SendWhenLong();
            }

            var writer = _batch.Begin(
                NetfilterMessage.NewElement, (byte)table.Family, NetlinkFlags.Create, $"elements of set {Name(table)} {set.Name}");
            writer.Text(ListTable, table.Name);
            writer.Text(ListSet, set.Name);
            var list = writer.BeginNest(ListElements);
            var start = writer.Length;
            do
            {
                var element = writer.BeginNest(ListElement);
                var kept = elements[next].IsEnd ? IntervalEndAttributes : ElementAttributes;
                kept.Copy(writer, elements[next++].Attributes);
                writer.EndNest(element);
            }
            while (next < elements.Count && writer.Length - start + elements[next].Attributes.Length < ElementBytes);
            writer.EndNest(list);
        }
    }

    private void AddAnonymous(RuleTable table, IReadOnlyList<Expression> expressions, Dictionary<string, ElementSet> anonymous)
    {
        foreach (var expression in expressions)
        {
            var name = expression switch
            {
                LookupExpression lookup => lookup.SetName,
                DynamicSetExpression dynamic => dynamic.SetName,
                ObjectReferenceExpression { SetName: { } map } => map,
                _ => null,
            };
            if (name is not null && anonymous.Remove(name, out var set))
            {
                AddSet(table, set);
                AddElements(table, set, maySend: false);
            }
        }
    }

    private void AddRule(RuleTable table, RuleChain chain, Rule rule)
    {
        var writer = _batch.Begin(
            NetfilterMessage.NewRule,
            (byte)table.Family,
            NetlinkFlags.Create | NetlinkFlags.Append,
            string.Create(CultureInfo.InvariantCulture, $"rule {Name(table)} {chain.Name} handle {rule.Handle}"));
        RuleAttributes.Copy(writer, rule.Attributes);
        AttributeSlots.TryRead(rule.Attributes, out var attributes);
        ExpressionAttributes.Write(writer, attributes.Bytes(RuleExpressions));
        if (XtProtocol.Find(table.Family, rule.Expressions) is { } protocol)
        {
            var compat = writer.BeginNest(RuleCompat);
            writer.BigEndian32(CompatProtocol, protocol.Protocol);
            writer.BigEndian32(CompatFlags, protocol.IsInverted ? CompatInverted : 0);
            writer.EndNest(compat);
        }
    }

    private void SendWhenLong()
    {
        if (_batch.Length > BatchBytes)
        {
            Send();
        }
    }

    private void Send()
    {
        var batch = _batch;
        _batch = new NetfilterBatch();
        if (batch.Count == 0)
        {
            return;
        }

        _cancellationToken.ThrowIfCancellationRequested();
        var result = batch.Send(_channel);
        if (result.Status == NetfilterBatchStatus.Committed)
        {
            return;
        }

        foreach (var error in result.Errors)
        {
            _problems.Add(
                new Linux.LinuxException(
                    error.Errno, $"{error.What} is not loaded{(error.Explanation is { } text ? $" ({text})" : "")}").Message);
        }

        if (result.Errors.Count == 0)
        {
            _problems.Add(result.ToException("the rules are not loaded").Message);
        }
    }

    private static string Name(RuleTable table) => $"{RuleWords.Of(table.Family)} {table.Name}";
}
