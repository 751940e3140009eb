using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;

namespace Portolan.Lab.Truth;

/// <summary>Follows probes from the vantage to an address and says what comes back.</summary>
/// <param name="topology">The lab.</param>
/// <param name="vantage">Where probes begin.</param>
/// <param name="paths">The way they take.</param>
/// <param name="find">Finds who has an address.</param>
internal sealed class ProbeWalk(LabTopology topology, VantageSpec vantage, PathTable paths, Func<InternetAddress, TruthSpan?> find)
{
    private readonly Dictionary<string,
        RouterSpec> _routers = topology.Routers.ToDictionary(static router => router.Name, StringComparer.Ordinal);

    /// <summary>Whether the last address of a network is for all on it (RFC 919); of two addresses both are hosts' (RFC 3021).</summary>
    public static bool HasBroadcast(AddressPrefix prefix) => prefix.Address.IsIPv4 && prefix.Length <= 30;

    /// <summary>What comes back of probes to ports of a span.</summary>
    public List<PortTruth> Judge(TruthSpan span, ProbeType type, PortSet ports)
    {
        var run = new Run(type, SourceFor(span), span.Addresses.First, []);
        var left = ports;
        if (span.Router is { } router)
        {
            foreach (var forward in router.Forwards)
            {
                if (forward.Protocol == type.Protocol && forward.Target.IsIPv4 == span.Addresses.First.IsIPv4
                    && left.Contains(forward.Port))
                {
                    left -= new PortSet(forward.Port);
                    JudgeForward(run, span, router, forward);
                }
            }
        }

        if (!left.IsEmpty)
        {
            var path = paths.Find(vantage.Network, span.Router?.Name ?? span.Network);
            Arrive(run, span, path, 0, left);
        }

        return run.Truths;
    }

    /// <summary>Whether the routers let an echo request through to a span.</summary>
    public bool PassesPing(TruthSpan span)
    {
        if (paths.Find(vantage.Network, span.Router?.Name ?? span.Network) is not { } path)
        {
            return false;
        }

        // Any port stands for the one packet that has none.
        var any = new PortSet(PortNumber.Zero);
        foreach (var router in path.Routers)
        {
            if (RuleWalk.Pass(
                _routers[router], SourceFor(span), span.Addresses.First, protocol: null, any, static (_, _, _) => { }).IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private InternetAddress SourceFor(TruthSpan span) => (span.Addresses.First.IsIPv4 ? vantage.Ipv4 : vantage.Ipv6).GetValueOrDefault();

    // Through the routers of a path from one of them on, then to who is at its end.
    private void Arrive(Run run, TruthSpan span, LabPath? path, int from, PortSet ports)
    {
        if (path is null)
        {
            NoRoute(run, span, ports);
            return;
        }

        for (var i = from; i < path.Steps.Count && !ports.IsEmpty; i++)
        {
            ports = Through(run, path.Steps[i], span, ports);
        }

        if (ports.IsEmpty)
        {
            return;
        }

        if (span.Host is { } host)
        {
            MeetHost(run, host, span, ports);
        }
        else if (span.Router is { } router)
        {
            run.Add(
                ports, Answer.Of(PortPolicy.Closed, run.Type, span.Addresses.First.IsIPv4), by: null,
                $"an address of router {router.Name}, where nothing listens");
        }
        else if (path.Steps.Count > 0)
        {
            var last = path.Steps[^1];
            Refuse(run, span, ports, RefusalKind.HostUnreachable, last, $"no host has the address, says router {last.Router}");
        }
        else
        {
            run.Add(ports, Answer.Silence(run.Type), by: null, "no host has the address");
        }
    }

    private PortSet Through(Run run, PathStep step, TruthSpan span, PortSet ports) => RuleWalk.Pass(
        _routers[step.Router],
        run.Source,
        span.Addresses.First,
        run.Type.Protocol,
        ports,
        (hit, action, why) =>
        {
            if (action.Kind == FirewallActionKind.Drop)
            {
                run.Add(hit, Answer.Silence(run.Type), by: null, why);
            }
            else
            {
                Refuse(run, span, hit, action.Error, step, why);
            }
        });

    private void Refuse(Run run, TruthSpan span, PortSet ports, RefusalKind kind, PathStep step, string why)
    {
        if (IsBroadcastAt(_routers[step.Router], span))
        {
            run.Add(
                ports, Answer.Silence(run.Type), by: null,
                $"the broadcast address of network {span.Network}: router {step.Router} answers nothing that is for all");
            return;
        }

        var by = AddressOf(step, span);

        // A RST is sent in the name of the address that was asked. Who has no address of the family can send no error.
        var isOwn = by == run.Asked || (kind == RefusalKind.TcpReset && !run.Type.IsUdp);
        if (by is null && !isOwn)
        {
            run.Add(ports, Answer.Silence(run.Type), by: null, $"{why}, which has no address to say so");
            return;
        }

        run.Add(ports, Answer.OfRefusal(kind, run.Type, span.Addresses.First.IsIPv4, isOwn), isOwn ? null : by, why);
    }

    private static void MeetHost(Run run, HostSpec host, TruthSpan span, PortSet ports)
    {
        var left = ports;
        foreach (var rule in host.Ports)
        {
            if (rule.Protocol == run.Type.Protocol && left.Overlaps(rule.Ports))
            {
                Meet(left & rule.Ports, rule.Policy);
                left -= rule.Ports;
            }
        }

        if (!left.IsEmpty)
        {
            Meet(left, run.Type.IsUdp ? host.DefaultUdp : host.DefaultTcp);
        }

        void Meet(PortSet hit, PortPolicy policy) =>
            run.Add(hit, Answer.Of(policy, run.Type, span.Addresses.First.IsIPv4), by: null, TruthText.Of(policy, host.Name));
    }

    // The router is on the way: rules of routers before it see its own address and port, its own and later ones see the target's.
    private void JudgeForward(Run run, TruthSpan span, RouterSpec router, RouterForward forward)
    {
        var ports = new PortSet(forward.Port);
        if (paths.Find(vantage.Network, router.Name) is not { } toRouter)
        {
            NoRoute(run, span, ports);
            return;
        }

        foreach (var step in toRouter.Steps)
        {
            ports = Through(run, step, span, ports);
        }

        var what = $"forwarded by router {router.Name} to {forward.Target} port {forward.TargetPort}";
        var behind = new Run(run.Type, run.Source, run.Asked, []);
        var target = find(forward.Target);
        if (ports.IsEmpty || target is null)
        {
            run.Add(ports, Answer.Silence(run.Type), by: null, $"{what}, which is not in the lab");
            return;
        }

        var path = target.Role is AddressRole.Host or AddressRole.Nobody ? paths.Find(vantage.Network, target.Network) : null;
        var left = Through(behind, new PathStep(toRouter.Last.GetValueOrDefault(), router.Name), target, new PortSet(forward.TargetPort));
        if (path?.Passes(router.Name) == true)
        {
            var at = path.Steps.Select(static step => step.Router).ToList().IndexOf(router.Name);
            Arrive(behind, target, path, at + 1, left);
        }
        else
        {
            behind.Add(left, Answer.Silence(run.Type), by: null, "its answers do not come back this way");
        }

        foreach (var truth in behind.Truths)
        {
            run.Truths.Add(truth with { Ports = ports, Why = $"{what}: {truth.Why}" });
        }
    }

    // The first router of the network says so.
    private void NoRoute(Run run, TruthSpan span, PortSet ports)
    {
        foreach (var router in topology.Routers)
        {
            if (router.Ports.Any(port => port.Network == vantage.Network))
            {
                var step = new PathStep(Crossing.Of(vantage.Network), router.Name);
                Refuse(
                    run, span, ports, RefusalKind.NetworkUnreachable, step,
                    $"no route to network {span.Network}, says router {router.Name}");
                return;
            }
        }

        run.Add(ports, Answer.Silence(run.Type), by: null, $"no route to network {span.Network}");
    }

    // RFC 1812 section 4.3.2.7: no error is sent about what is for all on a network. Routers that are not on it do not know.
    private bool IsBroadcastAt(RouterSpec router, TruthSpan span) =>
        span.Role == AddressRole.Nobody && router.Ports.Any(port => port.Network == span.Network)
        && topology.Networks.First(n => n.Name == span.Network).Ipv4 is { } prefix && HasBroadcast(prefix)
        && span.Addresses.First == prefix.Last;

    // An error leaves with the address of the network where the packet came in; from links, the first of the family.
    private InternetAddress? AddressOf(PathStep step, TruthSpan span)
    {
        InternetAddress? first = null;
        foreach (var port in _routers[step.Router].Ports)
        {
            if ((span.Addresses.First.IsIPv4 ? port.Ipv4 : port.Ipv6) is { } address)
            {
                first ??= address;
                if (port.Network == step.Over.Network)
                {
                    return address;
                }
            }
        }

        return first;
    }

    /// <summary>
    /// Probes of one kind to an address, and what came back so far. A forwarded probe goes to another address than the one that was asked.
    /// </summary>
    private sealed record Run(ProbeType Type, InternetAddress Source, InternetAddress Asked, List<PortTruth> Truths)
    {
        public void Add(PortSet ports, in Answer answer, InternetAddress? by, string why)
        {
            if (!ports.IsEmpty)
            {
                Truths.Add(new PortTruth(ports, answer.State, answer.Reason, by, why)
                {
                    Varies = answer.Varies,
                    IsSynProxy = answer.IsSynProxy,
                });
            }
        }
    }
}
