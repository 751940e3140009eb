using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Explaining;

/// <summary>Where packets end that rules let through: at a socket here, where a rule sends them on to, or out of sight.</summary>
internal sealed class DeliveryLayer(
    ExplainQuestion question, ExplainFacts facts, ListenerLayer listener, bool isIPv4, CancellationToken cancellationToken)
{
    /// <summary>More ports than that are not looked at one by one.</summary>
    private const int MostPorts = 32;

    /// <summary>Where they end.</summary>
    internal Landing Find(FlowRegion region, IntervalSet senders)
    {
        var outcome = region.Outcome;
        if (IsHere(outcome))
        {
            return outcome.Translation is { } here
                ? FindHere(here, region.Packets.Interfaces)
                : Landing(listener.Takes(region.Packets.Interfaces, isIPv4));
        }

        if (outcome is not { Delivery: DeliveryKind.Forwarded, Translation: { } to } || facts.Judge is not { } judge)
        {
            return Judging.Landing.Taken;
        }

        var areAsked = question.From is { Addresses: not null };
        return to.Ports is null && facts.OnPortEverywhere(new PortNumber(to.Port ?? question.Port.Value)) is { } everywhere
            ? new CrossNamespaceDelivery(judge, everywhere.Snapshot, facts.JudgeOf).Find(
                region, senders, areAsked, question.Protocol, question.Port, isIPv4, cancellationToken)
            : Judging.Landing.Unseen;
    }

    /// <summary>The listeners of this namespace at which packets end; <c>null</c> where that is not one port here.</summary>
    internal ListenerLayer? Listeners(FlowOutcome outcome) =>
        outcome.Translation is { Ports: null } to && IsHere(outcome)
            ? listener.Landing(to, new PortNumber(to.Port ?? question.Port.Value))
            : null;

    /// <summary>Who listens there, in words that follow the target; empty where it is not known.</summary>
    internal string Names(FlowOutcome outcome, Landing landing)
    {
        if (landing.Space is { } space && outcome.Translation is { } to
            && facts.OnPortEverywhere(new PortNumber(to.Port ?? question.Port.Value)) is { } machine)
        {
            var names = PortChart.Build(machine, everything: true).Rows
                .Where(
                    r => r.Protocol == question.Protocol && r.Port.Value == (to.Port ?? question.Port.Value)
                        && machine.Snapshot.Namespaces[r.NamespaceIndex].Inode == space.Inode)
                .Select(r => facts.OwnerText(r.Owner)).Distinct().ToList();
            return landing.Kind == LandingKind.NotTaken || names.Count == 0
                ? $", in network namespace {space.Label}"
                : $", where {string.Join(", ", names)} listens in network namespace {space.Label}";
        }

        return Listeners(outcome)?.Names(isIPv4) is { Length: > 0 } here ? $", where {here} listens" : "";
    }

    /// <summary>Whether they end in this namespace; of what rules stop, whether they were on the way to it.</summary>
    private bool IsHere(FlowOutcome outcome) => outcome.Delivery == DeliveryKind.Local
        || (outcome is { Delivery: DeliveryKind.None, Translation: { Addresses: null } to }
            && (to.Address is not { } address || facts.Firewall.Host?.Addresses.Any(a => a.Address == address) == true));

    private static Landing Landing(bool isTaken) => isTaken ? Judging.Landing.Taken : Judging.Landing.NotTaken;

    private Landing FindHere(Translation to, IReadOnlyList<int> interfaces)
    {
        var ports = to.TargetPorts(question.Port).Take(MostPorts + 1).ToList();
        if (ports.Count > MostPorts)
        {
            return Judging.Landing.Unseen;
        }

        var listeners = ports.Select(p => listener.Landing(to, new PortNumber(p)));
        var taken =
            listeners.Select(l => to.Addresses is { } several ? l.TakesOneOf(several, interfaces, isIPv4) : l.Takes(interfaces, isIPv4))
            .Distinct().ToList();
        return taken is [true] ? Judging.Landing.Taken : taken is [false] ? Judging.Landing.NotTaken : Judging.Landing.Unseen;
    }
}
