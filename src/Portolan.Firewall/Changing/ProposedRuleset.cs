using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing;

/// <summary>The rules as they would be: those that are there, with Portolan's table replaced by what a batch would load.</summary>
public static class ProposedRuleset
{
    /// <summary>With the table that a state makes.</summary>
    /// <param name="current">The rules as they are.</param>
    /// <param name="state">The state of Portolan's own rules.</param>
    public static Ruleset With(Ruleset current, OwnState state) =>
        With(current, TableMessages.Batch(OwnTableBuilder.Build(state), current.Generation));

    /// <summary>With the table that a batch loads.</summary>
    /// <param name="current">The rules as they are.</param>
    /// <param name="batch">The batch, made by <see cref="TableMessages"/>.</param>
    public static Ruleset With(Ruleset current, NetfilterBatch batch)
    {
        var own = Decode(batch, current.Generation);
        var old = OwnTable.Find(current);
        return current with
        {
            Tables = [.. current.Tables.Where(t => t != old), .. own.Tables],
            Missing = [.. current.Missing, .. own.Missing],
        };
    }

    /// <summary>Decodes the very messages of a batch, as the kernel's own are decoded.</summary>
    /// <param name="batch">A batch that makes tables.</param>
    /// <param name="generation">The generation of the rules.</param>
    public static Ruleset Decode(NetfilterBatch batch, uint generation)
    {
        var builder = new RulesetBuilder();
        var arena = new MessageArena();
        (KeptMessage Set, List<KeptMessage> Elements)? open = null;
        var messages = new NetlinkMessages(batch.Bytes);
        while (messages.MoveNext())
        {
            if (messages.Header.Type < NetfilterHeader.Type(NetfilterMessage.NewTable) || messages.Payload.Length < NetfilterHeader.Size)
            {
                continue;
            }

            var message = new KeptMessage((RuleFamily)messages.Payload[0], arena.Keep(messages.Payload[NetfilterHeader.Size..]));
            var kind = (NetfilterMessage)(byte)messages.Header.Type;
            if (kind is NetfilterMessage.NewElement)
            {
                open?.Elements.Add(message);
                continue;
            }

            if (open is { } set)
            {
                builder.AddSet(set.Set, set.Elements, isComplete: true);
                open = null;
            }

            switch (kind)
            {
                case NetfilterMessage.DeleteTable:
                    // What stands before it is only there so that there is something to delete.
                    builder = new RulesetBuilder();
                    break;
                case NetfilterMessage.NewTable:
                    builder.AddTable(message);
                    break;
                case NetfilterMessage.NewSet:
                    open = (message, []);
                    break;
                case NetfilterMessage.NewChain:
                    builder.AddChain(message);
                    break;
                case NetfilterMessage.NewObject:
                    builder.AddObject(message);
                    break;
                case NetfilterMessage.NewRule:
                    builder.AddRule(message);
                    break;
                default:
                    break;
            }
        }

        if (open is { } last)
        {
            builder.AddSet(last.Set, last.Elements, isComplete: true);
        }

        return builder.Build(generation);
    }
}
