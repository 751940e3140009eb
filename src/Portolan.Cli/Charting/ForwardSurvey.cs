using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Forwarding;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>Which ports the kernel leads on, by whose rules, and for which processes.</summary>
/// <param name="Forwards">What leads ports on; <c>null</c> where the rules could not be read.</param>
/// <param name="Missing">Why not; or <c>null</c>.</param>
internal sealed record ForwardSurvey(IReadOnlyList<PortForward>? Forwards, MissingFact? Missing)
{
    private const string Program = "portolan";

    private static readonly ForwardSurvey Nothing = new([], null);

    /// <summary>What leads one port on, by rules of anybody.</summary>
    public static ForwardSurvey OfPort(CommandContext context, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols, CancellationToken cancellationToken)
    {
        if (context is not { OpenRules: not null, OpenHostFacts: not null, MakeJudge: { } make })
        {
            return Nothing;
        }

        var sockets = Sockets();
        return NamespaceJudge.TryCreate(context.Firewall, make, out var judge)
            ? new ForwardSurvey([.. PortForwards.OfPort(judge, port, protocols, cancellationToken).Select(f => WithHolders(context, f, sockets, cancellationToken))], null)
            : Unread($"whether rules lead packets for port {port} elsewhere", context.Firewall.Missing);
    }

    /// <summary>The forwards of Portolan. Rules are read only where a program has a socket towards netfilter: without one there is none.</summary>
    public static ForwardSurvey OfPortolan(CommandContext context, CancellationToken cancellationToken)
    {
        var sockets = Sockets();
        if (context.OpenRules is null || sockets.Value.NetfilterPorts is not { Count: > 0 } ports)
        {
            return Nothing;
        }

        var reading = context.RulesReading;
        if (reading.IsRead)
        {
            return new ForwardSurvey([.. PortForwards.OfPortolan(reading.Ruleset).Select(f => WithHolders(context, f, sockets, cancellationToken))], null);
        }

        // What a socket of another program is for is no forward: who may not read rules is bothered only where it may be one.
        return ports.Any(p => p > int.MaxValue || context.Processes.Read((int)p, ProcessFields.None) is not { } process || process.Name.StartsWith(Program, StringComparison.Ordinal))
            ? Unread("whether a portolan forward --kernel leads ports on", FirewallReading.Of(reading, new Portolan.Firewall.Host.HostFacts { Interfaces = [], Addresses = [], Routes = [], PolicyRules = [] }).Missing)
            : Nothing;
    }

    /// <summary>The netlink sockets of one survey, read when a forward asks for its processes.</summary>
    public static Lazy<NetlinkSockets> Sockets() => new(static () => NetlinkSockets.Read());

    /// <summary>A forward with the processes that hold it.</summary>
    public static PortForward WithHolders(CommandContext context, PortForward forward, Lazy<NetlinkSockets> sockets, CancellationToken cancellationToken) => forward.OwnerPortId is { } portId
        ? forward with { Processes = sockets.Value.Holders(portId, context.Owners, context.Processes, cancellationToken) }
        : forward;

    private static ForwardSurvey Unread(string what, MissingFact? missing) => new(null, new MissingFact(what, missing?.Why ?? "the rules could not be read"));
}
