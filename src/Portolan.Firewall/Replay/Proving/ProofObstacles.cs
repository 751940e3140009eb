using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>What keeps rules and hosts from being rebuilt faithfully.</summary>
internal static class ProofObstacles
{
    private const ushort Ethernet = 1;

    /// <summary>What makes a proof impossible; known before anything is started.</summary>
    internal static IReadOnlyList<string> Find(Ruleset rules, HostFacts host, ProofPacket packet)
    {
        var obstacles = new List<string>();
        obstacles.AddRange(rules.Missing.Select(static missing => $"{missing.What}: {missing.Why}"));
        obstacles.AddRange(
            rules.Tables.Where(HasEffect).Select(static table => $"table {table.Name} of legacy x_tables cannot be reloaded"));
        if (rules.Tables.Any(
            static table => table.Chains.Any(static chain => chain.Rules.Any(static rule => rule.Expressions.Any(UsesIpSet)))))
        {
            obstacles.Add("rules use ipset sets, which are not reloaded");
        }

        if (packet.Source.IsIPv4 != packet.Destination.IsIPv4)
        {
            obstacles.Add("source and destination have different address families");
        }

        if (packet.Direction == FlowDirection.Inbound)
        {
            obstacles.AddRange(OfInterface(host, packet));
        }
        else if (packet.Protocol is not (6 or 17))
        {
            obstacles.Add("only TCP and UDP can be sent");
        }

        if (PacketShape.Of(packet, out var unmade) is not null && unmade is not null)
        {
            obstacles.Add($"the deciding rule needs {unmade}, which cannot be generated");
        }

        if (packet.Direction == FlowDirection.Outbound && packet.OutputInterface == 0
            && (packet.Source.IsLinkLocal || packet.Destination.IsLinkLocal))
        {
            obstacles.Add("a link-local address needs the name of an interface");
        }

        return obstacles;
    }

    /// <summary>In what the rebuilt host is not like the real one, where rules look at it.</summary>
    internal static IReadOnlyList<string> Caveats(Ruleset rules, HostFacts host, ProofPacket packet)
    {
        var keys = rules.Tables
            .SelectMany(static table => table.Chains).SelectMany(static chain => chain.Rules).SelectMany(static rule => rule.Expressions)
            .OfType<MetaExpression>().Select(static expression => expression.Key).ToHashSet();
        var caveats = new List<string>();
        if (host.Interfaces.Any(static link => link is { IsLoopback: false, HardwareType: not Ethernet })
            && keys.Overlaps([MetaKey.InputInterfaceType, MetaKey.OutputInterfaceType]))
        {
            caveats.Add("rules test interface types, but all are Ethernet in the scratch namespace");
        }

        if (keys.Overlaps([MetaKey.InputInterfaceKind, MetaKey.OutputInterfaceKind]))
        {
            caveats.Add("rules test interface kinds, but all are veth in the scratch namespace");
        }

        if (packet.Direction != FlowDirection.Inbound && keys.Overlaps([MetaKey.SocketUser, MetaKey.SocketGroup, MetaKey.CgroupClass]))
        {
            caveats.Add("rules test the sender's user or control group, but root sends in the scratch namespace");
        }

        if (host.Ipsec is { Policies.Count: > 0 })
        {
            caveats.Add("IPsec policies are not rebuilt");
        }

        return caveats;
    }

    private static IEnumerable<string> OfInterface(HostFacts host, ProofPacket packet)
    {
        if (host.Interface(packet.InterfaceIndex) is not { } link)
        {
            yield return $"interface {packet.InterfaceIndex} does not exist";
        }
        else if (link.IsLoopback)
        {
            yield return "no packet from outside arrives on loopback";
        }
        else if (!link.IsUp)
        {
            yield return $"interface {link.Name} is down";
        }
        else if (link.Master != 0)
        {
            yield return $"interface {link.Name} belongs to {host.Interface(link.Master)?.Name ?? "another interface"}, on "
                + $"which its packets arrive";
        }
    }

    /// <summary>A table without rules whose policies accept does nothing.</summary>
    private static bool HasEffect(RuleTable table) => table.IsLegacy
        && table.Chains.Any(static chain => chain.Rules.Count > 0 || chain.Hook is { Policy: not VerdictKind.Accept });

    private static bool UsesIpSet(Expression expression) =>
        expression is XtMatchExpression { Name: "set" } or XtTargetExpression { Name: "SET" };
}
