using Portolan.Firewall.Host;
using Portolan.Reachability.Forwarding;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Composing;

/// <summary>Which ports the kernel forwards, by whose rules, and for which processes.</summary>
/// <param name="Forwards">The forwards of ports; <c>null</c> where the firewall rules could not be read.</param>
/// <param name="Missing">Why not; or <c>null</c>.</param>
public sealed record ForwardSurvey(IReadOnlyList<PortForward>? Forwards, MissingFact? Missing)
{
    private const string Program = "portolan";

    private static readonly ForwardSurvey Nothing = new([], null);

    /// <summary>What forwards one port, by rules of anybody.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="port">The port.</param>
    /// <param name="protocols">Its protocols.</param>
    /// <param name="containerAt">Names the container at an address.</param>
    /// <param name="isAgain">Whether the rules are read anew, because something was changed.</param>
    /// <param name="cancellationToken">Stops between two questions.</param>
    public static ForwardSurvey OfPort(
        Machine machine, PortNumber port, IReadOnlyCollection<TransportProtocol> protocols,
        Func<InternetAddress, ContainerInfo?> containerAt, bool isAgain, CancellationToken cancellationToken)
    {
        if (machine is not { OpenRules: not null, OpenHostFacts: not null, MakeJudge: { } make })
        {
            return Nothing;
        }

        var sockets = Sockets();
        var reading = isAgain ? machine.ReadFirewallAgain() : machine.Firewall;
        return NamespaceJudge.TryCreate(reading, make, out var judge)
            ? new ForwardSurvey(
                [.. PortForwards.OfPort(judge, port, protocols, cancellationToken).Select(
                    f => WithContainers(WithHolders(machine, f, sockets, cancellationToken), containerAt))], null)
            : Unread($"whether rules redirect packets for port {port}", reading.Missing);
    }

    /// <summary>The containers that rules forward a port to, as holders of it: where no socket of this host holds it.</summary>
    public IReadOnlyList<PortHolder> Containers() =>
    [
        .. (Forwards ?? []).Where(static f => !f.IsOfPortolan).SelectMany(static f => f.Containers.Select(c => (Forward: f, Container: c)))
            .DistinctBy(static f => (f.Forward.Protocol, f.Container.Id))
            .Select(static f => new PortHolder
            {
                NamespaceIndex = 0,
                Port = f.Forward.Port,
                Protocol = f.Forward.Protocol,
                Kind = HoldKind.Forwarded,
                Owner = PortOwner.OfContainer(f.Container),
                Binds = [],
            }),
    ];

    private static PortForward WithContainers(PortForward forward, Func<InternetAddress, ContainerInfo?> containerAt) =>
        forward.IsOfPortolan ? forward : forward with
        {
            Containers =
                [.. forward.Targets.Select(AddressOf).OfType<InternetAddress>().Distinct().Select(containerAt).OfType<ContainerInfo>()
            .DistinctBy(static c => c.Id)],
        };

    // 172.17.0.2:80 and [fd00::2]:80; a target in more words is of several addresses.
    private static InternetAddress? AddressOf(string target) =>
        target.LastIndexOf(':') is > 0 and var colon && InternetAddress.TryParse(target[..colon].Trim('[', ']'), out var address)
            ? address
            : null;

    /// <summary>
    /// The forwards of Portolan. Rules are read only where a program has a socket towards netfilter: without one there is none.
    /// </summary>
    public static ForwardSurvey OfPortolan(Machine machine, CancellationToken cancellationToken)
    {
        var sockets = Sockets();
        if (machine.OpenRules is null || sockets.Value.NetfilterPorts is not { Count: > 0 } ports)
        {
            return Nothing;
        }

        var reading = machine.RulesReading;
        if (reading.IsRead)
        {
            return new ForwardSurvey(
                [.. PortForwards.OfPortolan(reading.Ruleset).Select(f => WithHolders(machine, f, sockets, cancellationToken))], null);
        }

        // What a socket of another program is for is not a forward: who may not read rules is bothered only where it may be one.
        return ports.Any(
            p => p > int.MaxValue || machine.Processes.Read((int)p, ProcessFields.None) is not { } process
                || process.Name.StartsWith(Program, StringComparison.Ordinal))
            ? Unread(
                "whether a portolan forward --kernel forwards ports",
                FirewallReading.Of(
                    reading,
                    new HostFacts { Interfaces = [], Addresses = [], Routes = [], PolicyRules = [] }).Missing)
            : Nothing;
    }

    /// <summary>The netlink sockets of one survey, read when a forward asks for its processes.</summary>
    public static Lazy<NetlinkSockets> Sockets() => new(static () => NetlinkSockets.Read());

    /// <summary>A forward with the processes that hold it.</summary>
    public static PortForward WithHolders(
        Machine machine, PortForward forward, Lazy<NetlinkSockets> sockets, CancellationToken cancellationToken) =>
            forward.OwnerPortId is { } portId
        ? forward with { Processes = sockets.Value.Holders(portId, machine.Owners, machine.Processes, cancellationToken) }
        : forward;

    private static ForwardSurvey Unread(string what, MissingFact? missing) =>
        new(null, new MissingFact(MissingFactCode.PortForwards, what, missing?.Why ?? "the firewall rules could not be read"));
}
