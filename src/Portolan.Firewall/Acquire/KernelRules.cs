using Portolan.Firewall.IpSets;
using Portolan.Firewall.Legacy;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Netfilter;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Acquire;

/// <summary>All rules of a network namespace: nftables, legacy x_tables, and the sets of ipset that rules refer to.</summary>
public static class KernelRules
{
    /// <summary>Reads those of the calling thread's namespace. Needs CAP_NET_ADMIN; without it the answer says so.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RulesetReading Read(CancellationToken cancellationToken)
    {
        using var tables = new KernelLegacyTables();
        try
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            var reading = Read(channel, tables, cancellationToken);
            return reading.IsRead
                ? reading with
                {
                    Ruleset = reading.Ruleset with
                    {
                        RecentLists = RecentList.Read(),
                        OpenConnections = OpenConnections.ReadFor(reading.Ruleset, channel, cancellationToken),
                        LocalSockets = LocalSockets.ReadFor(reading.Ruleset, cancellationToken),
                    }
                }
                : reading;
        }
        catch (LinuxException exception)
        {
            // A kernel without nfnetlink: no nftables and no ipset, but legacy tables may be there.
            var missing = new List<MissingFact>();
            if (exception.Errno != Errno.ProtocolNotSupported)
            {
                missing.Add(new MissingFact(MissingFactCode.RulesUnread, "the firewall's rules", exception.Message));
            }

            var legacy = LegacyTableReader.Read(tables, missing, cancellationToken);
            var rules = new Ruleset(0, legacy) { Missing = missing };
            return new RulesetReading(
                RulesetAccess.Read, rules with { LocalSockets = LocalSockets.ReadFor(rules, cancellationToken) });
        }
    }

    /// <summary>Reads them from given sources: the kernel's, or those of a test.</summary>
    /// <param name="netfilter">Of <see cref="NetlinkFamily.Netfilter"/>.</param>
    /// <param name="legacy">Legacy tables of the same namespace.</param>
    /// <param name="cancellationToken">Gives up between two questions.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RulesetReading Read(INetlinkChannel netfilter, ILegacyTableSource legacy, CancellationToken cancellationToken)
    {
        var reading = RulesetReader.Read(netfilter, cancellationToken);
        if (!reading.IsRead)
        {
            return reading;
        }

        var missing = new List<MissingFact>(reading.Ruleset.Missing);
        var tables = LegacyTableReader.Read(legacy, missing, cancellationToken);
        var sets = IpSetReader.Read(netfilter, missing, cancellationToken);
        return reading with
        {
            Ruleset = reading.Ruleset with { Tables = [.. reading.Ruleset.Tables, .. tables], IpSets = sets, Missing = missing },
        };
    }
}
